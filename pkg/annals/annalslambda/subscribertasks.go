package annalslambda

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// tasks are the tasks of operators' tools that both the projector and the reactor do.
func (p *Subscriber) tasks(events es.Scanner) tasks {
	return tasks{
		ask.CatchUp: onStream(func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
			return &ask.Answer{}, p.engine.CatchUp(ctx, stream, in.Projections...)
		}),
		ask.Retry: onStream(func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
			return &ask.Answer{}, p.engine.RetryStream(ctx, stream, in.Projections...)
		}),
		ask.Reconcile: func(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
			return p.reconcile(ctx, events, in)
		},
		ask.Checkpoints: p.checkpoints,
		ask.Parked:      p.parked,
	}
}

// storeTime is how long a store of read models may take for a task that only reads. A store that is away must not keep
// the function busy until its timeout.
const storeTime = 10 * time.Second

// checkpoints returns the checkpoints of streams in a generation of a projection, for [ask.Checkpoints].
func (p *Subscriber) checkpoints(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	if !p.engine.Keeps(in.Projection) {
		return nil, &projection.UnknownProjectionError{Projection: in.Projection}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, storeTime, errSlowStore)
	defer cancel()
	all := map[string]ask.Checkpoint{}
	for _, name := range in.Streams {
		stream, err := es.ParseStreamID(name)
		if err != nil {
			return nil, err
		}
		reached, err := p.engine.StreamProgress(ctx, es.StreamVersion{Stream: stream})
		if err != nil {
			return nil, slow(ctx, err)
		}
		for _, one := range reached {
			if one.Projection == in.Projection && one.Build.Generation == in.Generation {
				all[name] = ask.CheckpointOf(one.Checkpoint)
			}
		}
	}
	return &ask.Answer{Checkpoints: all}, nil
}

// parked returns a page of the streams that are parked in a generation of a projection, for [ask.Parked]. It reads all
// of them for each page: a view yields them in any order.
func (p *Subscriber) parked(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	if !p.engine.Keeps(in.Projection) { // of no name, the engine would list all
		return nil, &projection.UnknownProjectionError{Projection: in.Projection}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, storeTime, errSlowStore)
	defer cancel()
	page := parkedPage{after: in.Stream}
	for w, err := range p.engine.Parked(ctx, in.Projection) {
		if err != nil {
			return nil, slow(ctx, err)
		}
		if w.Generation == in.Generation {
			page.add(w.ParkedStream)
		}
	}
	page.cut()
	return &ask.Answer{Parked: page.streams, More: page.more}, nil
}

var errSlowStore = fmt.Errorf("the store of a read model has not answered within %s", storeTime)

// slow adds to an error that the time of a context was over, if it was.
func slow(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

const (
	// maxParked is the most parked streams in an answer. Lambda takes answers of 6 MB, and JSON may write a byte as
	// six.
	maxParked = 100
	// maxParkedError is how much of the error of each is in the answer, in bytes.
	maxParkedError = 6 << 10
)

// parkedPage has the first parked streams after a name, by their names.
type parkedPage struct {
	after   string
	streams []projection.ParkedStream
	more    bool
}

// add adds a stream. It keeps at most two pages.
func (p *parkedPage) add(s projection.ParkedStream) {
	if s.Stream.String() <= p.after {
		return
	}
	if len(s.Error) > maxParkedError {
		s.Error = strings.ToValidUTF8(s.Error[:maxParkedError], "") + "…"
	}
	if p.streams = append(p.streams, s); len(p.streams) == 2*maxParked {
		p.cut()
	}
}

// cut sorts the streams, and drops those that do not fit.
func (p *parkedPage) cut() {
	slices.SortFunc(p.streams, func(a, b projection.ParkedStream) int {
		return strings.Compare(a.Stream.String(), b.Stream.String())
	})
	if len(p.streams) > maxParked {
		p.streams, p.more = p.streams[:maxParked], true
	}
}

// reconcile reconciles a segment until its end, or until the invocation's time is nearly over.
func (p *Subscriber) reconcile(ctx context.Context, events es.Scanner, in *ask.Request) (*ask.Answer, error) {
	cfg := projection.ReconcileConfig{
		UnitsPerSecond: in.UnitsPerSecond, MinAge: time.Duration(in.MinAge * float64(time.Second)),
	}
	if cfg.UnitsPerSecond == 0 {
		cfg.UnitsPerSecond = -1
	}
	if cfg.MinAge == 0 {
		cfg.MinAge = -1
	}
	r := projection.NewRebuilder(p.engine, events, projection.RebuildConfig{Log: p.log, Reconcile: cfg})
	at, found, err := r.ReconcileSegment(ctx, in.Segment, in.Of, in.Position, in.Projections...)
	return &ask.Answer{Reconciled: &ask.Reconciled{Reconciled: found, Position: at}}, err
}

func (p *Subscriber) rollBack(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	roll := p.rebuilder.Rollback
	if in.Leveled {
		roll = p.rebuilder.RollbackLeveled
	}
	g, err := roll(ctx, in.Projection)
	return &ask.Answer{Generation: int(g)}, err
}

func (p *Subscriber) abandon(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
	return &ask.Answer{}, p.rebuilder.Abandon(ctx, in.Projection)
}

// republishMargin is how long before the end of its time a function stops to republish.
const republishMargin = 5 * time.Second

// republish sends the integration events of a stream again, until the stream ends or the invocation is nearly out of
// time. It does not move the publisher's checkpoint.
func (d Deployment) republish(events es.Reader) task {
	return onStream(func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error) {
		if d.Bus == nil {
			return nil, fmt.Errorf("republish %s: there is no bus: the reactor function has no %s, "+
				"or its main passes nil instead of eventbus.Connect", stream, annalsaws.EventBusEnv)
		}
		if len(d.Service.Public) == 0 {
			return nil, fmt.Errorf("republish %s: the service has no public events: declare them by annals.Publish", stream)
		}
		within, cancel := context.WithCancel(ctx)
		if deadline, bounded := ctx.Deadline(); bounded {
			within, cancel = context.WithDeadline(ctx, deadline.Add(-republishMargin))
		}
		defer cancel()
		from := max(in.Version, 1)
		n, err := d.publisher().Repeat(within, events, stream, from)
		if err != nil && within.Err() != nil && ctx.Err() == nil {
			return &ask.Answer{Events: n, Next: from + int64(n)}, nil
		}
		return &ask.Answer{Events: n}, err
	})
}
