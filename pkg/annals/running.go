package annals

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Stores are the stores of a running service.
type Stores struct {
	// Events stores the events.
	Events es.Store
	// Snapshots stores snapshots of aggregates. If nil, there are none.
	Snapshots es.SnapshotStore
	// Views returns the view that stores a read model's rows, by the read model's name. If nil, the service has no read
	// models.
	Views func(readModel string) projection.View
	// SQL are the tables of read models in SQL. It may be nil if the service has none: see [Service.On].
	SQL SQLTables
	// Search searches in read models in OpenSearch. It may be nil if the service has none.
	Search SendSearch
	// Catalog stores the generations of the read models.
	Catalog projection.Catalog
	// Personal is the store that encrypts personal data. Only an Events that wraps it needs it. If neither is one,
	// nobody can be forgotten, or told what is stored.
	Personal *personal.Store
}

// Config adjusts a running service. The zero value takes the defaults.
type Config struct {
	// Executor adjusts how decisions are made. If its Log is nil, it gets the Log below.
	Executor es.ExecutorConfig
	// StateCache is how many aggregates of each kind stay in memory, for kinds that have snapshots. Default none.
	StateCache int
	// Secrets looks up a secret by its environment variable. If nil, there are no secrets, as in a function that takes
	// no commands.
	Secrets func(env string) string
	// Settings looks up a setting by its environment variable. If nil, all settings have their defaults.
	Settings func(env string) string
	// Clients are the opened clients: see [Service.OpenClients]. If nil, there are none, as in a function that only
	// reads.
	Clients []OpenedClient
	// Log receives the service's log lines. Default slog.Default.
	Log *slog.Logger
	// Forget starts to forget a person, once for each name. The reactor needs it, if events have personal data.
	Forget func(ctx context.Context, name, subject string) error
	// Now is the clock that decides how long old generations of read models stay readable. Default time.Now.
	Now func() time.Time
}

// Running is a service on its stores. [Service.Open] makes one.
type Running struct {
	// Service is the declaration.
	Service *Service
	Stores
	// Reader reads the read models. It is nil if Stores has no Views.
	Reader *projection.Reader
	// Subscriptions are the read models as subscriptions of an engine.
	Subscriptions []projection.Subscription

	executor     *es.Executor
	repositories map[string]Repository
	secrets      map[string][]byte
	settings     map[string]time.Duration
	clients      map[string]any
	forget       func(ctx context.Context, name, subject string) error
	log          *slog.Logger
}

// Open runs a service on stores.
//
// Errors: those of [Service.Check]; one for secrets that are missing or too short; one for settings that are no
// durations; one for clients that are not opened, or opened as another type.
func (s *Service) Open(on Stores, cfg Config) (*Running, error) {
	r, err := s.OpenReadModels(on, cfg)
	if err != nil {
		return nil, err
	}
	cfg.Executor.Log = cmp.Or(cfg.Executor.Log, r.log)
	r.executor, r.repositories = es.NewExecutor(on.Events, cfg.Executor), map[string]Repository{}
	for _, a := range s.Aggregates {
		var repository es.RepositoryConfig
		if a.Snapshots != (Snapshots{}) {
			repository.Snapshots = es.Snapshots{Store: on.Snapshots, Every: a.Snapshots.Every, Schema: a.Snapshots.Schema}
			if cfg.StateCache > 0 {
				repository.StateCache, _ = lru.New[es.StreamID, any](cfg.StateCache) // New fails on sizes below 1 only
			}
		}
		r.repositories[a.StreamType] = a.typed.open(r.executor, repository)
	}
	return r, nil
}

// Snapshotter stores the snapshots of one kind of aggregate. See [es.Repository].
type Snapshotter interface {
	SnapshotDue(c *es.Commit) bool
	Snapshot(ctx context.Context, stream es.StreamID) error
}

// Snapshotters returns the snapshotters of the aggregates that have snapshots, by the type of their streams. They are
// for a program that makes no decisions and therefore does not need [Service.Open].
func (s *Service) Snapshotters(on Stores, cfg es.ExecutorConfig) map[string]Snapshotter {
	x, all := es.NewExecutor(on.Events, cfg), map[string]Snapshotter{}
	for _, a := range s.Aggregates {
		if n := a.Snapshots; n != (Snapshots{}) {
			all[a.StreamType] = a.typed.keeper(x, es.RepositoryConfig{
				Snapshots: es.Snapshots{Store: on.Snapshots, Every: n.Every, Schema: n.Schema},
			})
		}
	}
	return all
}

// OpenReadModels runs a service that loads no aggregates: it takes no commands and has no reactions. A program that
// only reads read models and events is smaller without the code of aggregates.
//
// Errors: those of [Service.Open].
func (s *Service) OpenReadModels(on Stores, cfg Config) (*Running, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if on.Personal == nil {
		on.Personal, _ = on.Events.(*personal.Store)
	}
	r := &Running{Service: s, Stores: on, log: cfg.Log, forget: cfg.Forget}
	r.settings = map[string]time.Duration{}
	for _, setting := range s.Settings {
		text := ""
		if cfg.Settings != nil {
			text = cfg.Settings(setting.Env())
		}
		value, err := setting.Parse(text)
		if err != nil {
			return nil, err
		}
		r.settings[setting.Name] = value
	}
	if cfg.Clients != nil {
		clients, err := s.opened(cfg.Clients)
		if err != nil {
			return nil, err
		}
		r.clients = clients
	}
	if cfg.Secrets != nil {
		r.secrets = map[string][]byte{}
		for _, secret := range s.Secrets {
			value, err := secret.from(cfg.Secrets)
			if err != nil {
				return nil, err
			}
			r.secrets[secret.Env] = value
		}
	}
	if on.Views != nil {
		r.Subscriptions = s.Subscriptions(on.Views)
		r.Reader = projection.NewReader(on.Events, on.Catalog, projection.ReaderConfig{Now: cfg.Now}, r.Subscriptions...)
	}
	return r, nil
}

// Start makes the checks before the first command.
//
// Errors: those of the checks that [BeforeCommands] declares.
func (r *Running) Start(ctx context.Context) error {
	for _, start := range r.Service.Starts {
		if err := start(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// Repository returns the repository of the streams of a type, or nil.
func (r *Running) Repository(streamType string) Repository { return r.repositories[streamType] }

// repository is the repository of an aggregate. It panics if the aggregate is not declared: that is a mistake in the
// program.
func (r *Running) repository(streamType string) Repository {
	found, is := r.repositories[streamType]
	if !is {
		panic(noRepository(streamType))
	}
	return found
}

// Log is the service's logger.
func (r *Running) Log() *slog.Logger { return r.log }

// RepositoryOf returns the repository of an aggregate of the service. It panics if the aggregate is not declared: that
// is a mistake in the program.
func RepositoryOf[S, E any](r *Running, a es.Aggregate[S, E]) *es.Repository[S, E] {
	found, is := r.repositories[a.StreamType].(repository[S, E])
	if !is {
		panic(noRepository(a.StreamType))
	}
	return found.Repository
}

func noRepository(streamType string) string {
	return fmt.Sprintf("annals: aggregate %s is not declared: add annals.Aggregate, and open the service by Service.Open",
		streamType)
}
