package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/app/queues"
	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/seal"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/aggregates"
	"github.com/annals-es/annals/shop/api"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/readmodel"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Service is what the functions are built from.
type Service struct {
	DynamoDB *dynamodb.Client
	Tables   TableNames
	Log      *slog.Logger
	// Store adjusts the event store. The zero value takes the defaults.
	Store dynamostore.Config
	// CatchUps takes what the projector leaves for later, ReactionJobs what the reactor does. nil = nothing is left.
	CatchUps, ReactionJobs projection.Queue
	// GivenUp reads what Lambda left in S3 of a batch of the stream that it gave up. nil = nothing is left there.
	GivenUp func(ctx context.Context, bucket, key string) ([]byte, error)
	// ProjectorFailures takes the records of the stream that the projector can't read, ReactorFailures those that the reactor
	// can't. nil = such a record fails its batch.
	ProjectorFailures, ReactorFailures Bucket
	// Rebuilds starts what builds read models anew. nil = nobody does.
	Rebuilds Machine
	// Notifier is told what the projector stored. nil = nobody is.
	Notifier projection.Notifier
	// AWS has the settings of AWS clients.
	AWS aws.Config
	// Bus takes the integration events, whose source is EventSource. nil = nothing is published: see package bus.
	Bus         publish.Bus
	EventSource string
	// Meter measures what the service does. nil = nothing is measured.
	Meter *telemetry.Meter
	// Tracing traces what the functions do. nil = nothing is traced.
	Tracing *tracing.Tracing
	// EmailKey keys the ids under which e-mail addresses are reserved. It must never change. Commands need it.
	EmailKey string
	// CursorKey seals the cursors of lists, see internal/seal. Queries need it.
	CursorKey string
}

// stateCacheSize is how many aggregates of each kind a process keeps in memory. They take some kilobytes each.
const stateCacheSize = 1000

// FromEnvironment reads the tables' names from the environment, and AWS's own settings.
//
// Errors: one that lists every variable of a table that is missing; AWS settings that can't be read.
func FromEnvironment(ctx context.Context, log *slog.Logger, wanted ...tables.Table) (Service, error) {
	names, err := TableNamesFrom(os.Getenv, wanted...)
	if err != nil {
		return Service{}, err
	}
	s := Service{Tables: names, Log: log, EmailKey: os.Getenv(email.KeyEnv), CursorKey: os.Getenv(seal.KeyEnv)}
	cfg, err := Configuration(ctx)
	if err != nil {
		return s, err
	}
	function := os.Getenv("AWS_LAMBDA_FUNCTION_NAME")
	s.Meter = telemetry.New(os.Stdout, os.Getenv(telemetry.NamespaceEnv), function)
	if s.Tracing, err = tracing.New(os.Getenv, function); err != nil { //nolint:contextcheck // spans are sent after the invocation
		return s, err
	}
	s.Tracing.Calls(&cfg)
	cfg.APIOptions = append(cfg.APIOptions, CountThrottles(s.Meter))
	s.DynamoDB = NewClient(cfg)
	s.CatchUps = JobQueue(cfg, os.Getenv(queues.CatchUpEnv))
	s.ReactionJobs = JobQueue(cfg, os.Getenv(queues.ReactionEnv))
	objects := NewObjects(cfg, os.Getenv) //nolint:contextcheck // the endpoint is read already: nothing is waited for
	s.GivenUp = objects.Get
	s.ProjectorFailures = objects.Bucket(os.Getenv(queues.ProjectorFailuresEnv))
	s.ReactorFailures = objects.Bucket(os.Getenv(queues.ReactorFailuresEnv))
	s.AWS, s.EventSource = cfg, os.Getenv(publish.SourceEnv)
	s.Rebuilds = RebuildMachine(cfg, os.Getenv(queues.RebuildEnv))
	s.Notifier, err = s.notifier(cfg) //nolint:contextcheck // as above
	return s, err
}

// Command returns the handler of all commands. It needs CommandTables.
func (s Service) Command() (http.Handler, error) {
	if s.EmailKey == "" {
		return nil, errors.New("the key of e-mail addresses is missing: set " + email.KeyEnv)
	}
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	models := s.models(store)
	s.Store.Companion = models.Inline()
	all, err := s.aggregates(stateCacheSize)
	if err != nil {
		return nil, err
	}
	cfg := api.Config{Config: s.http(), EmailKey: []byte(s.EmailKey)}
	return countOutcomes(s.Meter, api.Commands(all, models.Quote, cfg)), nil
}

// Query returns the handler of all queries. It needs QueryTables.
//
// Errors: no key of cursors; [projection.UnknownFoldError] if this code can't read what is served.
func (s Service) Query() (http.Handler, error) {
	if _, err := seal.NewKey([]byte(s.CursorKey)); err != nil {
		return nil, err
	}
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	models := s.models(store)
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	err = models.Check(ctx)
	if unknown := (*projection.UnknownFoldError)(nil); errors.As(err, &unknown) {
		return nil, err
	}
	if err != nil { // every query looks again
		s.Log.LogAttrs(ctx, slog.LevelWarn, "start", slog.String("error", httpapi.Describe(err)))
	}
	return api.Queries(models, store, s.http()), nil
}

// Projector returns what takes batches of the event table's stream. It needs ProjectorTables.
func (s Service) Projector() (*Projector, error) {
	store, err := s.store()
	if err != nil {
		return nil, err
	}
	all, err := s.aggregates(0) // what another process appends would only make it stale
	if err != nil {
		return nil, err
	}
	models := s.models(store)
	engine := projection.NewEngine(store, models.Catalog(), s.starting(s.engine(s.CatchUps)), models.Subscriptions()...)
	return &Projector{
		engine: engine,
		rebuilder: projection.NewRebuilder(engine, store, projection.RebuildConfig{
			Log: s.Log, Reconcile: projection.ReconcileConfig{Observe: s.Meter.Reconciled},
		}),
		snapshots: []snapshotter{
			all.Accounts, all.Orders, all.Products,
			//annals:new snapshotters
		},
		queue:    s.CatchUps,
		batches:  s.GivenUp,
		failures: s.ProjectorFailures,
		log:      s.Log,
		meter:    s.Meter,
	}, nil
}

// aggregates are the repositories on the event store, with snapshots, and with so many states of each kind kept in memory.
func (s Service) aggregates(cacheSize int) (aggregates.All, error) {
	store, err := s.store()
	if err != nil {
		return aggregates.All{}, err
	}
	return aggregates.New(store, aggregates.Config{
		Executor:   es.ExecutorConfig{Log: s.Log, Count: s.Meter.Signal},
		Snapshots:  dynamostore.NewSnapshots(s.DynamoDB, s.Tables.Of(tables.Snapshots)),
		StateCache: cacheSize,
	})
}

func (s Service) store() (*dynamostore.Store, error) {
	s.Store.Log, s.Store.ClockOff = s.Log, s.Meter.ClockOff
	return dynamostore.New(s.DynamoDB, s.Tables.Of(tables.Events), s.Store)
}

// models are the read models of what is in an event store.
func (s Service) models(store es.Reader) *readmodel.Models {
	return readmodel.New(store, s.DynamoDB, s.Tables.Of)
}

func (s Service) http() httpapi.Config {
	cfg := httpapi.Config{Log: s.Log, Unavailable: dynamofault.Unavailable, Now: s.Store.Now, Queue: s.CatchUps}
	if s.CursorKey != "" { // commands have none, and no cursors
		cfg.CursorKey = []byte(s.CursorKey)
	}
	return cfg
}
