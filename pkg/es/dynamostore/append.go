package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

var (
	isFree = aws.String("attribute_not_exists(version)")
	allOld = types.ReturnValuesOnConditionCheckFailureAllOld
)

// Append implements [es.Appender]: one PutItem for one stream, one TransactWriteItems for several, or where a [Companion]
// has something to add.
//
// An answer that was lost does no harm: the retry finds our own commit, by its id, and takes that as success.
func (st *Store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	ctx, cancel := storekit.WithAppendDeadline(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if !st.clock.exact && len(a.Writes) > 0 && !st.clock.asked.Swap(true) {
		_, _ = st.Head(ctx, a.Writes[0].Head.Stream()) // nothing was read before: for the time, and nothing else
	}
	commits, err := storekit.Build(a, st.seal, st.clock.Now())
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(commits))
	for i := range commits {
		if items[i], err = item(&commits[i].Commit); err != nil {
			return nil, err
		}
	}
	p := &pending{store: st, Append: a, commits: commits, items: items}
	decided, doubt, err := p.accompanied(ctx)
	if !decided {
		err = p.alone(ctx, doubt)
	}
	if err != nil {
		return nil, err
	}
	return commits, nil
}

// pending is an append on its way.
type pending struct {
	es.Append
	store   *Store
	commits []es.Stored
	items   []Item
}

// alone sends an append without a companion. doubt says that it may be stored already.
func (p *pending) alone(ctx context.Context, doubt bool) error {
	send := func() (verdict, error) { return p.put(ctx) }
	if len(p.Writes)+len(p.Checks) > 1 {
		token := uuid.NewString() // the same however often it is sent
		send = func() (verdict, error) { return p.transact(ctx, token, nil) }
	}
	return p.store.settle(ctx, &p.commits[0].Commit, doubt, send)
}

// verdict is what DynamoDB's answer to an append means.
type verdict int

const (
	stored  verdict = iota
	refused         // for good: nothing is stored
	again           // nothing is stored yet; the same append may go through
	unclear         // it may be stored
)

// settle sends an append until it is decided. doubt says that it was sent before, and may be stored.
func (st *Store) settle(ctx context.Context, c *es.Commit, doubt bool, send func() (verdict, error)) error {
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil && !doubt { // nothing was sent that could be stored
			return fmt.Errorf("append %s: nothing was stored: %w", c.Stream, err)
		}
		v, err := send()
		doubt = doubt || v == unclear
		var conflict *es.ConflictError // says for sure that an earlier attempt was not stored either
		switch {
		case v == stored:
			return nil
		case v == refused && (!doubt || errors.As(err, &conflict)):
			return err
		case v == refused:
			return &es.UnknownOutcomeError{Stream: c.Stream, CommitID: c.ID, Err: err}
		case attempt < st.cfg.Attempts && st.pause(ctx, attempt):
		case doubt:
			return &es.UnknownOutcomeError{Stream: c.Stream, CommitID: c.ID, Err: err}
		case ctx.Err() != nil:
			return fmt.Errorf("append %s: nothing was stored: %w: %w", c.Stream, ctx.Err(), err)
		default:
			return fmt.Errorf("append %s: %w", c.Stream, err)
		}
	}
}

// pause waits a random time, the longer the more attempts there were, and tells whether there is time for another.
func (st *Store) pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(rand.N(st.cfg.Backoff << min(attempt-1, 6)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (p *pending) put(ctx context.Context) (verdict, error) {
	_, err := p.store.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &p.store.table,
		Item:                                p.items[0],
		ConditionExpression:                 isFree,
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	var occupied *types.ConditionalCheckFailedException
	if errors.As(err, &occupied) {
		return p.judge(0, p.Writes[0].Head, occupied.Item)
	}
	return classify(err), dynamofault.MarkUnavailable(err)
}

// judge decides what an occupied key means: our own commit, or a conflict. Our own commit may be one of an earlier call: the
// caller gets it as it is stored.
func (p *pending) judge(i int, head es.Head, item Item) (verdict, error) {
	c, err := Decode(item)
	switch {
	case err != nil:
		return refused, err
	case c.ID == p.commits[0].ID:
		if i < len(p.commits) {
			p.commits[i] = es.Stored{Commit: c, Head: p.store.seal.After(&c)}
		}
		return stored, nil
	}
	return refused, &es.ConflictError{Stream: head.Stream(), Expected: head.Version(), Actual: c.LastVersion()}
}

// transact sends an append as a transaction, with more actions in it.
func (p *pending) transact(
	ctx context.Context, token string, more []types.TransactWriteItem, options ...func(*dynamodb.Options),
) (verdict, error) {
	heads := make([]es.Head, 0, len(p.Writes)+len(p.Checks))
	actions := make([]types.TransactWriteItem, 0, cap(heads)+len(more))
	for i, w := range p.Writes {
		heads = append(heads, w.Head)
		actions = append(actions, types.TransactWriteItem{Put: &types.Put{
			TableName: &p.store.table, Item: p.items[i], ConditionExpression: isFree, ReturnValuesOnConditionCheckFailure: allOld,
		}})
	}
	for _, h := range p.Checks {
		heads = append(heads, h)
		actions = append(actions, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &p.store.table, Key: Item{"stream": s(h.Stream().String()), "version": n(h.Version() + 1)},
			ConditionExpression: isFree, ReturnValuesOnConditionCheckFailure: allOld,
		}})
	}
	_, err := p.store.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: append(actions, more...), ClientRequestToken: &token,
	}, options...)
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return p.judgeReasons(heads, cancelled)
	}
	return classify(err), dynamofault.MarkUnavailable(err)
}

// judgeReasons decides what a cancelled transaction means: one of our own commits in it, and all are stored; else a
// conflict of any stream; else nothing of ours was in the way. What comes after the heads is a companion's, and says nothing
// of the append.
func (p *pending) judgeReasons(heads []es.Head, cancelled *types.TransactionCanceledException) (verdict, error) {
	v, out, own := again, dynamofault.MarkUnavailable(cancelled), false
	for i, reason := range cancelled.CancellationReasons[:min(len(heads), len(cancelled.CancellationReasons))] {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			verdict, err := p.judge(i, heads[i], reason.Item)
			own = own || verdict == stored
			if verdict == refused && v != refused {
				v, out = refused, err
			}
		case "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		default:
			if v != refused {
				v, out = refused, fmt.Errorf("append %s: %w", heads[i].Stream(), cancelled)
			}
		}
	}
	if own {
		return stored, nil
	}
	return v, out
}
