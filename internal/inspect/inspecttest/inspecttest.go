// Package inspecttest runs the projections of a service in a test, with its code, for what looks at them.
package inspecttest

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Service is a service on tables of its own.
type Service struct {
	Client *dynamodb.Client
	// Tables are the names of the tables, by their names inside the service.
	Tables map[string]string
	Store  *dynamostore.Store
	// Models keeps the read models, Reactions the reactions. Rebuilder rebuilds read models.
	Models, Reactions *projection.Engine
	Rebuilder         *projection.Rebuilder

	running *annals.Running
}

// New returns a service on tables of its own, whose code knows no more than the declaration.
func New(t *testing.T, declared *annals.Service) *Service {
	t.Helper()
	s := &Service{Client: dynamotest.Client(t), Tables: map[string]string{}}
	for _, table := range annalsaws.Tables(declared) {
		s.Tables[table.Name] = dynamotest.Table(t, s.Client, table.Table)
	}
	var err error
	if s.Store, err = dynamostore.New(s.Client, s.Tables["events"], dynamostore.Config{}); err != nil {
		t.Fatal(err)
	}
	view := func(name string) projection.View { return dynamoview.New(s.Client, s.Tables[name]) }
	catalog := dynamoview.NewCatalog(s.Client, s.Tables["projections"])
	quiet := slog.New(slog.DiscardHandler)
	s.running, err = declared.Open(annals.Stores{
		Events: s.Store, Snapshots: dynamostore.NewSnapshots(s.Client, s.Tables["snapshots"]), Views: view, Catalog: catalog,
	}, annals.Config{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	var reactions []projection.Subscription
	for _, r := range declared.Reactions {
		var p projection.Projection
		if r.IsTimer() {
			p = r.Timer(s.running, reaction.TimerConfig{Scheduler: &estest.Scheduler{}, Log: quiet})
		} else {
			p = reaction.New(reaction.Reaction{Name: r.Name, Sources: r.Sources(s.running)})
		}
		reactions = append(reactions, projection.Subscription{Projection: p, View: view(r.Name)})
	}
	cfg := projection.Config{Log: quiet}
	s.Models = projection.NewEngine(s.Store, catalog, cfg, s.running.Subscriptions...)
	s.Reactions = projection.NewEngine(s.Store, catalog, cfg, reactions...)
	s.Rebuilder = projection.NewRebuilder(s.Models, s.Store, projection.RebuildConfig{Log: quiet})
	return s
}

// Engines are both engines.
func (s *Service) Engines() []*projection.Engine { return []*projection.Engine{s.Models, s.Reactions} }

// Inspector returns what looks at the service. It sets the engines and the aggregates of cfg.
func (s *Service) Inspector(cfg inspect.Config) *inspect.Inspector {
	cfg.Engines, cfg.Aggregates = s.Engines(), map[string]inspect.Replay{}
	for _, a := range s.running.Service.Aggregates {
		cfg.Aggregates[a.StreamType] = func(
			ctx context.Context, id string, p es.Point, now time.Time,
		) (es.Past[json.RawMessage], error) {
			return a.Past(ctx, s.Store, id, p, now)
		}
	}
	return inspect.New(s.Store, cfg)
}

// CatchUp brings a stream level, in the projections that are named or, if none is, in all.
func (s *Service) CatchUp(ctx context.Context, stream es.StreamID, names ...string) error {
	return s.each(names, func(e *projection.Engine, own []string) error { return e.CatchUp(ctx, stream, own...) })
}

// RetryStream is CatchUp that tries a parked stream again.
func (s *Service) RetryStream(ctx context.Context, stream es.StreamID, names ...string) error {
	return s.each(names, func(e *projection.Engine, own []string) error { return e.RetryStream(ctx, stream, own...) })
}

// Parked yields the streams that wait.
func (s *Service) Parked(ctx context.Context, names ...string) iter.Seq2[projection.Waiting, error] {
	return func(yield func(projection.Waiting, error) bool) {
		err := s.each(names, func(e *projection.Engine, own []string) error {
			for w, err := range e.Parked(ctx, own...) {
				if err != nil {
					return err
				}
				if !yield(w, nil) {
					return errStopped
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(projection.Waiting{}, err)
		}
	}
}

var errStopped = errors.New("stopped")

// each calls do for each engine that keeps one of the projections, or for both if none is named.
func (s *Service) each(names []string, do func(e *projection.Engine, own []string) error) error {
	for _, e := range s.Engines() {
		var own []string
		for _, name := range names {
			if e.Keeps(name) {
				own = append(own, name)
			}
		}
		if len(names) > 0 && len(own) == 0 {
			continue
		}
		if err := do(e, own); err != nil {
			return err
		}
	}
	return nil
}
