package projection

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Inline plans the writes of inline projections for commits that are about to be stored. The store adds them to the
// transaction of the commits. The plan does what the projector would do with a commit, in all generations that the
// projector feeds, or nothing: if the checkpoint of one generation is not at the head that the commit is appended to,
// the stream is left to the projector. So no reader goes back in time at a swap or a rollback, whether rows come with
// the commit or after it.
//
// The projector must be subscribed to these projections too. It skips commits that are applied already.
type Inline struct {
	catalog       Catalog
	subscriptions []Subscription

	// known is the record as last read. It says which checkpoints to read while the record is read again.
	known atomic.Pointer[map[string]Record]
}

// NewInline returns the planner of the inline ones among the subscriptions. It panics with what [Subscription.Check]
// returns: reactions, and projections that append rows, can't be inline.
func NewInline(catalog Catalog, subscriptions ...Subscription) *Inline {
	config.Must(checkAll(subscriptions))
	in := &Inline{catalog: catalog}
	in.known.Store(&map[string]Record{})
	for _, sub := range subscriptions {
		if sub.Inline {
			in.subscriptions = append(in.subscriptions, sub)
		}
	}
	return in
}

// InlineWrites are the checkpoints and rows to write to one generation of a projection, in the transaction of the
// commits.
type InlineWrites struct {
	View       View
	Generation Generation
	Moves      []CheckpointUpdate
	Rows       []Write
}

// inlinePatience is how long a command waits for the checkpoints.
const inlinePatience = 500 * time.Millisecond

var errImpatient = fmt.Errorf("reading checkpoints took longer than %s", inlinePatience)

// Plan returns the writes to store together with commits, and errors for what it could not plan: both may be set. It
// reads the generations' records and the streams' checkpoints at the same time, strongly consistent. It reads nothing
// if no inline projection reads the streams.
//
// Errors: the catalog's; the views'; one that names a commit that can't be folded.
func (in *Inline) Plan(ctx context.Context, commits []es.Commit) ([]InlineWrites, error) {
	p := in.newPlan(commits)
	if len(p.wanted) == 0 {
		return nil, nil
	}
	// Not a deadline: SDK clients keep a part of the time until a deadline in reserve.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer time.AfterFunc(inlinePatience, func() { cancel(errImpatient) }).Stop()
	planned, err := in.plan(ctx, p)
	if err != nil && errors.Is(context.Cause(ctx), errImpatient) {
		err = errImpatient
	}
	return planned, err
}

func (in *Inline) plan(ctx context.Context, p *inlinePlan) ([]InlineWrites, error) {
	var (
		records map[string]Record
		failed  error
		wg      sync.WaitGroup
	)
	wg.Go(func() { records, failed = in.catalog.Records(ctx) })
	_ = p.look(ctx, *in.known.Load()) // checkpoints that this missed are read below
	wg.Wait()
	if failed != nil {
		return nil, fmt.Errorf("generations: %w", failed)
	}
	in.known.Store(&records)
	if err := p.look(ctx, records); err != nil {
		return nil, err
	}
	var (
		all  []InlineWrites
		errs []error
	)
	for _, sub := range p.wanted {
		planned, err := p.of(ctx, sub, sub.fed(recordIn(records, sub)))
		all, errs = append(all, planned...), append(errs, err)
	}
	return all, errors.Join(errs...)
}
