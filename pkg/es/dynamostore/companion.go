package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es"
)

// Companion has rows that are to be stored in the transaction of the commits that they are made of. The rows are best
// effort, the commits are not: nothing about a companion makes an append fail, or a conflict of it. Where the rows can't be
// stored, the commits are stored alone, and somebody else has to make the rows of them later.
type Companion interface {
	// Actions returns what goes into the transaction of commits that are about to be stored: writes to other tables, with
	// conditions of their own where they need them. It is asked once an append. Actions that come with an error are stored
	// nevertheless; the error is logged. No actions: the append is what it would be without a companion.
	Actions(ctx context.Context, commits []es.Commit) ([]types.TransactWriteItem, error)
}

// maxActions is what one transaction holds.
const maxActions = 100

// accompanied sends an append with what the companion has for it, and tells whether that decided it: it is stored, or there
// is a conflict of its streams. Where it did not, the append is to be sent alone; doubt says that it may be stored already.
//
// It is sent once. Whatever is in the way may be the companion's, and what was stored although the answer was lost is found
// by the append that is sent alone, as its own.
func (p *pending) accompanied(ctx context.Context) (decided, doubt bool, err error) {
	if p.store.cfg.Companion == nil {
		return false, false, nil
	}
	commits := make([]es.Commit, len(p.commits))
	for i := range p.commits {
		commits[i] = p.commits[i].Commit
	}
	actions, err := p.store.cfg.Companion.Actions(ctx, commits)
	if err != nil {
		p.left(ctx, err)
	}
	if len(actions) == 0 {
		return false, false, nil
	}
	if late := ctx.Err(); late != nil { // what is sent now would be in doubt
		p.left(ctx, late)
		return false, false, nil
	}
	if all := len(p.Writes) + len(p.Checks) + len(actions); all > maxActions {
		p.left(ctx, fmt.Errorf("a transaction takes %d actions, not %d", maxActions, all))
		return false, false, nil
	}
	v, err := p.transact(ctx, uuid.NewString(), actions, once)
	var conflict *es.ConflictError
	if v == stored || errors.As(err, &conflict) {
		return true, false, err
	}
	p.left(ctx, err)
	return false, v == unclear, nil
}

func once(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }

// left counts and logs that something of the companion was left out.
func (p *pending) left(ctx context.Context, why error) {
	p.store.unaccompanied.Add(1)
	level := slog.LevelWarn
	if contended(why) {
		level = slog.LevelDebug
	}
	p.store.cfg.Log.LogAttrs(ctx, level, "an append goes without rows of its companion",
		slog.String("stream", p.commits[0].Stream.String()), slog.Int64("version", p.commits[0].Version), slog.String("error", why.Error()))
}

// contended tells whether a transaction was cancelled just because somebody else was there first, or at the same time.
func contended(err error) bool {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return false
	}
	for _, reason := range cancelled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "None", "ConditionalCheckFailed", "TransactionConflict":
		default:
			return false
		}
	}
	return true
}

// Unaccompanied is how often this store left out something of its companion, since it was made.
func (st *Store) Unaccompanied() int64 { return st.unaccompanied.Load() }
