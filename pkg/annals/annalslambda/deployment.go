package annalslambda

import (
	"context"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Deployment is a service with the tables, queues and clients that its functions use. A function makes it from its
// environment; a test fills it in. Its methods return the handlers of the functions.
type Deployment struct {
	// Service is the declaration.
	Service  *annals.Service
	DynamoDB *dynamodb.Client
	Tables   TableNames
	Log      *slog.Logger
	// Store adjusts the event store. The zero value takes the defaults.
	Store dynamostore.Config
	// Keys adjusts how long keys of personal data stay in memory. The zero value takes the defaults.
	Keys personal.Config
	// CatchUps is the queue of the projector's jobs, ReactionJobs that of the reactor's. If nil, no job is queued.
	CatchUps, ReactionJobs projection.Queue
	// Later sends the reactor's jobs for deadlines. The reactor needs it if the service has timers.
	Later Later
	// GivenUp reads, from S3, a batch of the stream that Lambda gave up. If nil, such batches are not redriven.
	GivenUp func(ctx context.Context, bucket, key string) ([]byte, error)
	// ProjectorFailures stores the records of the stream that the projector can't read, ReactorFailures those that the
	// reactor can't read. If nil, such a record fails its batch.
	ProjectorFailures, ReactorFailures Bucket
	// Rebuilds starts rebuilds of read models. If nil, nothing starts them.
	Rebuilds projection.Starter
	// Forget starts to forget a person, once for each name. The reactor needs it if events have personal data.
	// ForgetWait is how long functions may use the key of a person after it was deleted, Recoverable for how long
	// tables can be recovered. If they are 0, they have the defaults of [subjects.Config].
	Forget                  func(ctx context.Context, name, subject string) error
	ForgetWait, Recoverable time.Duration
	// Stores are the stores besides DynamoDB that read models are in.
	Stores map[annals.Store]OpenedStore
	// Notifier receives the changes that the projector stored. If nil, no client is notified.
	Notifier projection.Notifier
	// AWS has the settings of AWS clients.
	AWS aws.Config
	// Bus receives the integration events, with EventSource as their source. If nil, nothing is published. See
	// [Deployment.Connect].
	Bus         publish.Bus
	EventSource string
	// Meter records metrics. If nil, there are none.
	Meter *telemetry.Meter
	// Tracing records traces. If nil, there are none.
	Tracing *tracing.Tracing
	// Secrets returns a secret of the service by its environment variable. Commands need it.
	Secrets func(env string) string
	// Settings returns a setting of the service by its environment variable. If nil, settings have their defaults.
	Settings func(env string) string
	// Clients are the opened clients of the service. Commands and reactions need them: see [Deployment.OpenClients].
	Clients []annals.OpenedClient
	// CursorKey seals the cursors of lists. It has at least 32 bytes. Queries need it.
	CursorKey string
}

// Bucket is an S3 bucket.
type Bucket = objects.Bucket
