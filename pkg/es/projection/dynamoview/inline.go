package dynamoview

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Inline adds the rows of inline projections to the transactions of their commits. Pass it to the event store as a
// companion. See [projection.Inline].
type Inline struct{ planner *projection.Inline }

// NewInline returns the companion for the inline ones among the subscriptions. It panics as [projection.NewInline]
// does, and if the view of one of them is not a [View].
func NewInline(catalog projection.Catalog, subscriptions ...projection.Subscription) *Inline {
	for _, sub := range subscriptions {
		if _, ok := sub.View.(*View); sub.Inline && !ok {
			name := sub.Projection.Name()
			panic(fmt.Sprintf("projection %s is inline: its view must be a *dynamoview.View, not a %T", name, sub.View))
		}
	}
	return &Inline{planner: projection.NewInline(catalog, subscriptions...)}
}

// Actions returns the checkpoints and rows to store with commits. If one projection keeps a document of a stream, that
// is one conditional Put for its commit. Actions costs one Query and, for each generation and stream, one GetItem, all
// at once.
//
// Errors: those of [projection.Inline.Plan]. Actions that could be planned are returned together with the error.
func (in *Inline) Actions(ctx context.Context, commits []es.Commit) ([]types.TransactWriteItem, error) {
	planned, err := in.planner.Plan(ctx, commits)
	large := map[projection.View]bool{} // left to the projector, in all generations
	for _, p := range planned {
		if fits(p.Moves, p.Rows) != nil {
			large[p.View] = true
		}
	}
	var actions []types.TransactWriteItem
	for _, p := range planned {
		if !large[p.View] {
			actions = append(actions, p.View.(*View).actions(p.Generation, p.Moves, p.Rows)...)
		}
	}
	return actions, err
}
