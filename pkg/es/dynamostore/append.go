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

// Append implements [es.Appender]. It sends one PutItem for one stream, and one TransactWriteItems for several streams
// or if a [Companion] adds rows.
//
// If an answer is lost, the retry finds the store's own commit by its id and counts it as stored.
func (st *Store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	ctx, cancel := storekit.WithAppendDeadline(ctx)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if !st.clock.exact && len(a.Writes) > 0 && !st.clock.asked.Swap(true) {
		_, _ = st.Head(ctx, a.Writes[0].Head.Stream()) // no answer yet from DynamoDB: read a head to learn its time
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

// pending is an append in progress.
type pending struct {
	es.Append
	store   *Store
	commits []es.Stored
	items   []Item
}

// alone sends an append without a companion's rows. doubt means that the append may be stored already.
func (p *pending) alone(ctx context.Context, doubt bool) error {
	send := func() (verdict, error) { return p.put(ctx) }
	if len(p.Writes)+len(p.Checks) > 1 {
		token := uuid.NewString() // the same for every attempt
		send = func() (verdict, error) { return p.transact(ctx, token, nil) }
	}
	return p.store.settle(ctx, &p.commits[0].Commit, doubt, send)
}

// verdict is the meaning of DynamoDB's answer to an append.
type verdict int

const (
	stored  verdict = iota
	refused         // nothing is stored, and a retry cannot help
	again           // nothing is stored, and a retry may succeed
	unclear         // it may be stored
)

// settle sends an append until its outcome is known or its attempts are used up. doubt means that it was sent before
// and may be stored already.
func (st *Store) settle(ctx context.Context, c *es.Commit, doubt bool, send func() (verdict, error)) error {
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil && !doubt { // nothing sent so far can be stored
			return fmt.Errorf("append %s: nothing was stored: %w", c.Stream, err)
		}
		v, err := send()
		doubt = doubt || v == unclear
		var conflict *es.ConflictError // proves that no earlier attempt was stored
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

// pause waits for a random time that grows with the attempts. It returns false if the context ended.
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

// judge decides what an occupied key means: our own commit or a conflict. Our own commit may come from an earlier call
// with the same id: the caller then gets the stored commit.
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

// transact sends an append as one transaction, together with the actions in more.
func (p *pending) transact(
	ctx context.Context, token string, more []types.TransactWriteItem, options ...func(*dynamodb.Options),
) (verdict, error) {
	heads := make([]es.Head, 0, len(p.Writes)+len(p.Checks))
	actions := make([]types.TransactWriteItem, 0, cap(heads)+len(more))
	for i, w := range p.Writes {
		heads = append(heads, w.Head)
		actions = append(actions, types.TransactWriteItem{Put: &types.Put{
			TableName: &p.store.table, Item: p.items[i], ConditionExpression: isFree,
			ReturnValuesOnConditionCheckFailure: allOld,
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
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return p.judgeReasons(heads, canceled)
	}
	return classify(err), dynamofault.MarkUnavailable(err)
}

// judgeReasons decides what a canceled transaction means. If one of our own commits is already stored, all of them
// are. Else, a failed condition of a stream is a conflict. Else the transaction may be sent again. Reasons after those
// of the heads belong to a companion and do not count.
func (p *pending) judgeReasons(heads []es.Head, canceled *types.TransactionCanceledException) (verdict, error) {
	v, out, own := again, dynamofault.MarkUnavailable(canceled), false
	for i, reason := range canceled.CancellationReasons[:min(len(heads), len(canceled.CancellationReasons))] {
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
				v, out = refused, fmt.Errorf("append %s: %w", heads[i].Stream(), canceled)
			}
		}
	}
	if own {
		return stored, nil
	}
	return v, out
}
