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

// Companion adds rows, such as those of an inline projection, to the transaction of the commits that they are derived
// from. The rows are best effort: they never make an append fail or conflict. If they cannot be stored, the commits are
// stored alone, and a later process, such as a projector, must write the rows.
type Companion interface {
	// Actions returns the writes that go into the transaction of commits about to be stored: writes to other tables, with
	// their own conditions if needed. It is called once per append. If it returns actions and an error, the error is
	// logged and the actions are still stored. If it returns no actions, the append is sent as without a companion.
	Actions(ctx context.Context, commits []es.Commit) ([]types.TransactWriteItem, error)
}

// maxActions is the maximum number of actions in one transaction.
const maxActions = 100

// accompanied sends an append together with the companion's actions. decided is true if the append is now stored or has
// a conflict. Otherwise the caller must send it alone; doubt then means that it may be stored already.
//
// It sends once, without retries: the companion's actions may be the cause of a failure. If the append was stored but
// the answer was lost, the append that is sent alone finds its own commit.
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
	if late := ctx.Err(); late != nil { // sending now would leave the outcome unknown
		p.left(ctx, late)
		return false, false, nil
	}
	if all := len(p.Writes) + len(p.Checks) + len(actions); all > maxActions {
		p.left(ctx, fmt.Errorf("a transaction takes at most %d actions, this one has %d", maxActions, all))
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

// left counts and logs an append whose companion rows were left out.
func (p *pending) left(ctx context.Context, why error) {
	p.store.unaccompanied.Add(1)
	level := slog.LevelWarn
	if contended(why) {
		level = slog.LevelDebug
	}
	p.store.cfg.Log.LogAttrs(ctx, level, "append without its companion rows",
		slog.String("stream", p.commits[0].Stream.String()), slog.Int64("version", p.commits[0].Version),
		slog.String("error", why.Error()))
}

// contended reports whether a transaction was canceled only because of concurrent or earlier writes.
func contended(err error) bool {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false
	}
	for _, reason := range canceled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "None", "ConditionalCheckFailed", "TransactionConflict":
		default:
			return false
		}
	}
	return true
}

// Unaccompanied returns how many times this store has left out rows of its companion.
func (st *Store) Unaccompanied() int64 { return st.unaccompanied.Load() }
