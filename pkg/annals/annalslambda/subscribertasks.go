package annalslambda

import (
	"context"
	"fmt"
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
