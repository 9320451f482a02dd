package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
)

var (
	isFree = aws.String("attribute_not_exists(version)")
	allOld = types.ReturnValuesOnConditionCheckFailureAllOld
)

// Append implements [es.Appender]: one PutItem for one stream, one TransactWriteItems for several.
//
// An answer that was lost does no harm: the retry finds our own commit, by its id, and takes that as success.
func (st *Store) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	commits, err := es.Build(a, st.seal, st.cfg.Now())
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(commits))
	for i := range commits {
		if items[i], err = item(&commits[i].Commit); err != nil {
			return nil, err
		}
	}
	send := func() (verdict, error) { return st.put(ctx, a.Writes[0].Head, commits[0].ID, items[0]) }
	if len(a.Writes)+len(a.Checks) > 1 {
		send = func() (verdict, error) { return st.transact(ctx, a, commits[0].ID, items) }
	}
	if err := st.settle(ctx, &commits[0].Commit, send); err != nil {
		return nil, err
	}
	return commits, nil
}

// verdict is what DynamoDB's answer to an append means.
type verdict int

const (
	stored  verdict = iota
	refused         // for good: nothing is stored
	again           // nothing is stored yet; the same append may go through
	unclear         // it may be stored
)

// settle sends an append until it is decided.
func (st *Store) settle(ctx context.Context, c *es.Commit, send func() (verdict, error)) error {
	doubt := false
	for attempt := 1; ; attempt++ {
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

func (st *Store) put(ctx context.Context, head es.Head, id string, item Item) (verdict, error) {
	_, err := st.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &st.table,
		Item:                                item,
		ConditionExpression:                 isFree,
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	var occupied *types.ConditionalCheckFailedException
	if errors.As(err, &occupied) {
		return judge(head, id, occupied.Item)
	}
	return classify(err), err
}

// judge decides what an occupied key means: our own commit, or a conflict.
func judge(head es.Head, id string, item Item) (verdict, error) {
	c, err := Decode(item)
	switch {
	case err != nil:
		return refused, err
	case c.ID == id:
		return stored, nil
	}
	return refused, &es.ConflictError{Stream: head.Stream(), Expected: head.Version(), Actual: c.LastVersion()}
}

func (st *Store) transact(ctx context.Context, a es.Append, id string, items []Item) (verdict, error) {
	heads := make([]es.Head, 0, len(a.Writes)+len(a.Checks))
	actions := make([]types.TransactWriteItem, 0, cap(heads))
	for i, w := range a.Writes {
		heads = append(heads, w.Head)
		actions = append(actions, types.TransactWriteItem{Put: &types.Put{
			TableName: &st.table, Item: items[i], ConditionExpression: isFree, ReturnValuesOnConditionCheckFailure: allOld,
		}})
	}
	for _, h := range a.Checks {
		heads = append(heads, h)
		actions = append(actions, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: &st.table, Key: Item{"stream": s(h.Stream().String()), "version": n(h.Version() + 1)},
			ConditionExpression: isFree, ReturnValuesOnConditionCheckFailure: allOld,
		}})
	}
	_, err := st.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		TransactItems: actions, ClientRequestToken: &id,
	})
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return judgeReasons(heads, id, cancelled)
	}
	return classify(err), err
}

// judgeReasons decides what a cancelled transaction means: one of our own commits in it, and all are stored; else a
// conflict of any stream; else nothing of ours was in the way.
func judgeReasons(heads []es.Head, id string, cancelled *types.TransactionCanceledException) (verdict, error) {
	v, out := again, error(cancelled)
	for i, reason := range cancelled.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed":
			verdict, err := judge(heads[i], id, reason.Item)
			if verdict == stored {
				return stored, nil
			}
			if v != refused {
				v, out = refused, err
			}
		case "None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		default:
			if v != refused {
				v, out = refused, fmt.Errorf("append %s: %w", heads[i].Stream(), cancelled)
			}
		}
	}
	return v, out
}
