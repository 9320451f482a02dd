package dynamoview

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Inline puts the rows of inline projections into the transactions of the commits that they are made of: it is a companion
// for the event store. See [projection.Inline].
type Inline struct{ planner *projection.Inline }

// NewInline returns the companion for those subscriptions that are inline. It panics as
// [projection.NewInline] does, and if the view of one of them is not a [View].
func NewInline(catalog projection.Catalog, subscriptions ...projection.Subscription) *Inline {
	for _, sub := range subscriptions {
		if _, ok := sub.View.(*View); sub.Inline && !ok {
			panic(fmt.Sprintf("projection %s is inline: its view must be a *dynamoview.View, not a %T", sub.Projection.Name(), sub.View))
		}
	}
	return &Inline{planner: projection.NewInline(catalog, subscriptions...)}
}

// Actions returns the checkpoints and rows to be stored with commits: for a commit of which one projection keeps a document
// a stream, one conditional Put. It costs one Query and, for each generation and stream, one GetItem, all at once.
//
// Errors: those of [projection.Inline.Plan]; what is not in the way of an error is returned with it.
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
