package dynamokeys_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/dynamokeys"
)

var errLost = errors.New("connection reset by peer")

// loseAnswers sends requests and drops the answers of the first n, below the SDK and its retries.
type loseAnswers struct {
	next dynamodb.HTTPClient
	n    atomic.Int64
}

func (l *loseAnswers) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.next.Do(r)
	if err == nil && l.n.Add(-1) >= 0 {
		_ = answer.Body.Close()
		return nil, errLost
	}
	return answer, err
}

// TestAnswerLost: the SDK repeats the write, which finds what it stored itself.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	lossy := &loseAnswers{}
	keys, _ := open(t, func(o *dynamodb.Options) {
		lossy.next, o.HTTPClient = o.HTTPClient, lossy
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, time.Millisecond })
	})
	for number := range 2 {
		want := key("ada", number+1)
		lossy.n.Store(2)
		got, err := keys.Create(t.Context(), want)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("create key %d: %v; it must see its own secret (-want +got):\n%s", number+1, err, diff)
		}
		lossy.n.Store(2)
		want = personal.Key{Subject: "ada", Number: number + 1, Forgotten: true, At: noon}
		got, err = keys.Forget(t.Context(), "ada", noon)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("forget key %d: %v; it must see its own tombstone (-want +got):\n%s", number+1, err, diff)
		}
	}
	lossy.n.Store(99)
	_, err := keys.Create(t.Context(), key("bob", 1))
	if !errors.Is(err, es.ErrUnavailable) || !errors.Is(err, errLost) {
		t.Errorf("no answer ever comes: %v, want es.ErrUnavailable", err)
	}
	lossy.n.Store(0)
	if found, err := keys.Load(t.Context(), "bob"); err != nil || len(found["bob"].Secret) == 0 {
		t.Errorf("%+v, %v: the key of the lost answers is not stored", found, err)
	}
}

// busy leaves keys of batches unprocessed: all but the first most ones.
type busy struct {
	dynamokeys.Client
	most  int
	calls atomic.Int64
}

func (b *busy) BatchGetItem(
	ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options),
) (*dynamodb.BatchGetItemOutput, error) {
	b.calls.Add(1)
	left := map[string]types.KeysAndAttributes{}
	some := map[string]types.KeysAndAttributes{}
	for table, asked := range in.RequestItems {
		if !aws.ToBool(asked.ConsistentRead) {
			return nil, errors.New("the batch is not strongly consistent")
		}
		now, later := asked, asked
		most := min(b.most, len(asked.Keys))
		now.Keys, later.Keys = asked.Keys[:most], asked.Keys[most:]
		if some[table] = now; len(later.Keys) > 0 {
			left[table] = later
		}
	}
	if b.most == 0 {
		return &dynamodb.BatchGetItemOutput{UnprocessedKeys: left}, nil
	}
	out, err := b.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: some}, o...)
	if err == nil {
		out.UnprocessedKeys = left
	}
	return out, err
}

// TestUnprocessedKeys: keys that DynamoDB leaves unprocessed are asked for again.
func TestUnprocessedKeys(t *testing.T) {
	t.Parallel()
	keys, table := open(t)
	var ids []string
	for i := range 150 {
		ids = append(ids, fmt.Sprint("subject ", i))
		if _, err := keys.Create(t.Context(), key(ids[i], 1)); err != nil {
			t.Fatal(err)
		}
	}
	throttled := &busy{Client: dynamotest.Client(t), most: 30}
	behind, err := dynamokeys.New(throttled, table)
	if err != nil {
		t.Fatal(err)
	}
	found, err := behind.Load(t.Context(), append(ids, "nobody")...)
	if err != nil || len(found) != len(ids) || throttled.calls.Load() != 4+2 {
		t.Errorf("%d keys after %d calls, %v; want %d after 6", len(found), throttled.calls.Load(), err, len(ids))
	}
	for _, id := range ids {
		if diff := cmp.Diff(key(id, 1), found[id]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

// TestThrottled: where DynamoDB processes none of the keys, Load gives up, or ends with its context.
func TestThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		throttled := &busy{}
		keys, err := dynamokeys.New(throttled, "keys")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		found, err := keys.Load(t.Context(), "ada", "bob")
		if !errors.Is(err, es.ErrUnavailable) || !strings.Contains(err.Error(), "ada and 1 others") || found != nil {
			t.Errorf("%v, %v; want es.ErrUnavailable", found, err)
		}
		if took := time.Since(began); throttled.calls.Load() != 12 || took > 11*time.Second {
			t.Errorf("%d calls in %v, want 12 in at most 11s", throttled.calls.Load(), took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := keys.Load(ctx, "ada", "bob"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want context.DeadlineExceeded", err)
		}
	})
}
