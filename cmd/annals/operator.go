package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/objects"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// operator reads the projections of a service from its tables. Its functions do the tasks that need the service's code.
type operator struct {
	// models and reactions have the descriptions of the projections, not their code: they can only read. models has all
	// read models, but does not read how far those in other stores have come with a stream: apart does.
	models, reactions *projection.Engine
	apart             []inspect.Apart
	functions         *functions.Client
	// machine rebuilds read models. It is nil if the service has none.
	machine *functions.Machine
	buckets []failures
	views   map[string]*dynamoview.View // of the read models on DynamoDB
	// pause is how long to wait before a function is asked again that is throttled or failed. It doubles each time.
	pause time.Duration
	// versions are the fold versions that the deployed code has, by projection.
	versions map[string][]int
	// reacts is true if the service has reactions.
	reacts bool
	// timers are the names of the timers. sources are the types of the streams that a timer reads, by its name.
	timers  []string
	sources map[string][]string
}

// failures is the bucket of the records and batches that a function could not process.
type failures struct {
	function annalsaws.Function
	bucket   objects.Bucket
}

func newOperator(s *session, client *functions.Client, log *slog.Logger) *operator {
	o := &operator{
		functions: client, machine: functions.NewMachine(s.aws, s.Resources.RebuildMachine),
		views: map[string]*dynamoview.View{}, versions: map[string][]int{}, reacts: len(s.Service.Reactions) > 0,
		pause: time.Second, timers: s.Service.Timers, sources: map[string][]string{},
	}
	if o.machine != nil {
		o.machine.Elsewhere = s.elsewhere
	}
	catalog := dynamoview.NewCatalog(s.dynamoDB, s.table(annalsaws.Projections))
	cfg := projection.Config{Log: log}
	var reactions []projection.Subscription
	views := map[string]projection.View{}
	for _, m := range s.Service.ReadModels {
		o.describe(m.Description)
		if onDynamoDB(m) {
			o.views[m.Name] = dynamoview.New(s.dynamoDB, s.Resources.Tables[m.Name])
			views[m.Name] = o.views[m.Name]
		} else {
			views[m.Name] = &apart{functions: client, name: m.Name, store: m.Store}
		}
	}
	for _, m := range s.Service.ReadModels {
		if !onDynamoDB(m) {
			alone := func(other annals.ReadModelDescription) bool { return other.Name == m.Name }
			o.apart = append(o.apart, inspect.Apart{
				Name: m.Name, Store: string(m.Store),
				Engine: projection.NewEngine(s.store, catalog, cfg, readModels(s.Service, views, alone)...),
			})
		}
	}
	for _, r := range s.Service.Reactions {
		o.describe(r)
		o.sources[r.Name] = slices.Sorted(maps.Keys(r.Folds[0].Reads))
		reactions = append(reactions, r.Subscription(dynamoview.New(s.dynamoDB, s.Resources.Tables[r.Name])))
	}
	o.models = projection.NewEngine(s.store, catalog, cfg, readModels(s.Service, views, onDynamoDB)...)
	o.reactions = projection.NewEngine(s.store, catalog, cfg, reactions...)
	o.buckets = bucketsOf(s)
	return o
}

// onDynamoDB tells whether a read model is on DynamoDB.
func onDynamoDB(m annals.ReadModelDescription) bool { return m.Store == "" }

// Engines returns the engines of the read models and of the reactions.
func (o *operator) Engines() []*projection.Engine { return []*projection.Engine{o.models, o.reactions} }

// of returns the engine that has a projection, and the function that maintains it. For an unknown name it returns those
// of the read models, which report the error.
func (o *operator) of(name string) (*projection.Engine, annalsaws.Function) {
	if o.reactions.Keeps(name) {
		return o.reactions, annalsaws.Reactor
	}
	return o.models, annalsaws.Projector
}

// known checks that the service has projections with these names.
//
// Errors: [projection.UnknownProjectionError].
func (o *operator) known(names ...string) error {
	for _, name := range names {
		if e, _ := o.of(name); !e.Keeps(name) {
			return &projection.UnknownProjectionError{Projection: name}
		}
	}
	return nil
}

// Parked yields the parked streams of the named projections, or of all projections if there are no names. Read models
// in other stores than DynamoDB come last.
//
// Errors: those of [projection.Engine.Parked]. The last is of read models in other stores, if some can't be read: see
// [isApart].
func (o *operator) Parked(ctx context.Context, names ...string) iter.Seq2[projection.Waiting, error] {
	return func(yield func(projection.Waiting, error) bool) {
		names = o.orAll(names)
		for _, e := range o.Engines() {
			own := o.keptBy(e, names)
			if len(own) == 0 { // no name stands for all
				continue
			}
			more, err := pass(e.Parked(ctx, own...), yield)
			if err != nil {
				yield(projection.Waiting{}, err)
			}
			if !more || err != nil {
				return
			}
		}
		var failed []error
		for _, a := range o.among(names) {
			more, err := pass(o.models.Parked(ctx, a.Name), yield)
			if !more {
				return
			}
			failed = append(failed, a.Failed(err))
		}
		if err := errors.Join(failed...); err != nil {
			yield(projection.Waiting{}, err)
		}
	}
}

// pass yields the elements of a sequence until its first error, which it returns. more is false if no more are wanted.
func pass[T any](all iter.Seq2[T, error], yield func(T, error) bool) (more bool, err error) {
	for one, err := range all {
		if err != nil {
			return true, err
		}
		if !yield(one, nil) {
			return false, nil
		}
	}
	return true, nil
}

// orAll returns the names or, if there are none, those of all projections.
func (o *operator) orAll(names []string) []string {
	if len(names) == 0 {
		return slices.Sorted(maps.Keys(o.versions))
	}
	return names
}

// keptBy returns those of the names whose progress an engine of [operator.Engines] reads.
func (o *operator) keptBy(e *projection.Engine, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		keeper, _ := o.of(name)
		return keeper != e || len(o.among([]string{name})) > 0
	})
}

// among returns the read models in other stores that are among the names.
func (o *operator) among(names []string) []inspect.Apart {
	return slices.DeleteFunc(slices.Clone(o.apart), func(a inspect.Apart) bool {
		return !slices.Contains(names, a.Name)
	})
}

// CatchUp makes the functions catch up a stream in the named projections, or in all that read it if there are no names.
//
// Errors: [projection.UnknownProjectionError]; those of [functions.Client.Ask]. If all other projections are done, one
// of read models in other stores: see [isApart].
func (o *operator) CatchUp(ctx context.Context, stream es.StreamID, names ...string) error {
	return o.level(ctx, ask.CatchUp, stream, names)
}

// RetryStream is like CatchUp, and also retries the stream if it is parked.
func (o *operator) RetryStream(ctx context.Context, stream es.StreamID, names ...string) error {
	return o.level(ctx, ask.Retry, stream, names)
}

func (o *operator) level(ctx context.Context, task ask.Task, stream es.StreamID, names []string) error {
	if err := o.known(names...); err != nil {
		return err
	}
	var errs, failed []error
	all := o.orAll(names)
	for _, e := range o.Engines() {
		own := o.keptBy(e, all)
		if len(own) == 0 {
			continue
		}
		_, f := o.of(own[0])
		if len(names) == 0 && (e == o.reactions || len(o.apart) == 0) {
			own = nil // all that the function has
		}
		_, err := o.functions.Ask(ctx, f, ask.Request{Task: task, Stream: stream.String(), Projections: own})
		errs = append(errs, err)
	}
	for _, a := range o.among(all) {
		_, err := o.functions.Ask(ctx, annalsaws.Projector, ask.Request{
			Task: task, Stream: stream.String(), Projections: []string{a.Name},
		})
		failed = append(failed, a.Failed(err))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// replays returns, by stream type, functions that fold a stream to a point of its past. The query function does the
// fold.
func (o *operator) replays(d annals.Description) map[string]inspect.Replay {
	all := map[string]inspect.Replay{}
	for _, a := range d.Aggregates {
		all[a.StreamType] = func(ctx context.Context, id string, p es.Point, _ time.Time) (es.Past[json.RawMessage], error) {
			stream := es.StreamID{Type: a.StreamType, ID: id}
			out, err := o.functions.Ask(ctx, annalsaws.Query, ask.Request{
				Task: ask.State, Stream: stream.String(), Version: p.Version, AsOf: p.AsOf,
			})
			if err != nil {
				return es.Past[json.RawMessage]{}, err
			}
			if out.State == nil {
				return es.Past[json.RawMessage]{}, fmt.Errorf("state of %s: the query function answered without a state: "+
					"deploy the stack again", stream)
			}
			return es.Past[json.RawMessage]{
				Loaded: es.Loaded[json.RawMessage]{ID: id, Version: out.State.Version, State: out.State.State},
				At:     out.State.At, Provisional: out.State.Provisional,
			}, nil
		}
	}
	return all
}

// isReplaced tells whether another read model replaces the one with a name.
func isReplaced(d annals.Description, name string) bool {
	return slices.ContainsFunc(d.ReadModels, func(m annals.ReadModelDescription) bool {
		return m.Name == name && m.Replaced
	})
}
