package annalslambda

import (
	"context"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Deployment is a service with the tables, queues and clients that its functions work on. A function makes it from
// its environment, a test makes its own. Its methods return what the functions do.
type Deployment struct {
	// Service is the declaration.
	Service  *annals.Service
	DynamoDB *dynamodb.Client
	Tables   TableNames
	Log      *slog.Logger
	// Store adjusts the event store. The zero value takes the defaults.
	Store dynamostore.Config
	// CatchUps takes the jobs that the projector does later, ReactionJobs those of the reactor. Nil: no jobs are left.
	CatchUps, ReactionJobs projection.Queue
	// GivenUp reads a batch of the stream that Lambda gave up, from S3. Nil: such batches are not redriven.
	GivenUp func(ctx context.Context, bucket, key string) ([]byte, error)
	// ProjectorFailures takes the records of the stream that the projector can't read, ReactorFailures those that the
	// reactor can't. Nil: such a record fails its batch.
	ProjectorFailures, ReactorFailures Bucket
	// Rebuilds starts rebuilds of read models. Nil: nothing starts them.
	Rebuilds projection.Starter
	// Notifier is told what the projector stored. Nil: nothing is told.
	Notifier projection.Notifier
	// AWS has the settings of AWS clients.
	AWS aws.Config
	// Bus takes the integration events, whose source is EventSource. Nil: nothing is published. See [Deployment.Connect].
	Bus         publish.Bus
	EventSource string
	// Meter measures what the service does. Nil: nothing is measured.
	Meter *telemetry.Meter
	// Tracing traces what the functions do. Nil: nothing is traced.
	Tracing *tracing.Tracing
	// Secrets looks up a secret of the service by its environment variable. Commands need it.
	Secrets func(env string) string
	// Clients are the opened clients of the service. Commands and reactions need them: see [Deployment.OpenClients].
	Clients []annals.OpenedClient
	// CursorKey seals the cursors of lists, 32 bytes at least. Queries need it.
	CursorKey string
}

// Bucket is a bucket of S3.
type Bucket = objects.Bucket
