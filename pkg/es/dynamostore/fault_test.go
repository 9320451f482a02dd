package dynamostore_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

var (
	errLost     = errors.New("connection reset by peer")
	acc1        = es.StreamID{Type: "Account", ID: "1"}
	acc2        = es.StreamID{Type: "Account", ID: "2"}
	errInTheWay = &types.TransactionConflictException{Message: aws.String("a transaction is in the way")}
	errDenied   = &types.ResourceNotFoundException{Message: aws.String("no such table")}
	errCanceled = &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
		{Code: aws.String("TransactionConflict")}, {Code: aws.String("None")},
	}}
)

// loseAnswers sends the first n writes and drops their answers, below the SDK and its retries.
type loseAnswers struct {
	next dynamodb.HTTPClient
	n    atomic.Int64
}

func (l *loseAnswers) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.next.Do(r)
	if target := r.Header.Get("X-Amz-Target"); err == nil && !strings.HasSuffix(target, "Query") && l.n.Add(-1) >= 0 {
		_ = answer.Body.Close()
		return nil, errLost
	}
	return answer, err
}

// faults sits between the store and the SDK. before may answer a write instead of DynamoDB; after may replace its
// answer.
type faults struct {
	dynamostore.Client
	before, after func(call int64) error
	calls         atomic.Int64
}

func (f *faults) around(send func() error) error {
	call := f.calls.Add(1)
	if f.before != nil {
		if err := f.before(call); err != nil {
			return err
		}
	}
	err := send()
	if f.after != nil {
		if lost := f.after(call); lost != nil {
			return lost
		}
	}
	return err
}

func (f *faults) PutItem(
	ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options),
) (out *dynamodb.PutItemOutput, err error) {
	err = f.around(func() error { out, err = f.Client.PutItem(ctx, in, o...); return err })
	return out, err
}

// TransactWriteItems gives each call its own token, as if ten minutes had passed since the call before.
func (f *faults) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options),
) (out *dynamodb.TransactWriteItemsOutput, err error) {
	fresh := *in
	fresh.ClientRequestToken = aws.String(uuid.NewString())
	err = f.around(func() error { out, err = f.Client.TransactWriteItems(ctx, &fresh, o...); return err })
	return out, err
}

func first(n int64, err error) func(int64) error {
	return func(call int64) error {
		if call <= n {
			return err
		}
		return nil
	}
}

// both lists the two forms of an append.
func both(s es.Store) map[string]es.Append {
	w1, w2 := es.Write{Head: s.Empty(acc1), Events: small(2)}, es.Write{Head: s.Empty(acc2), Events: small(1)}
	return map[string]es.Append{"put": {Writes: []es.Write{w1}}, "transaction": {Writes: []es.Write{w1, w2}}}
}

func faulty(t *testing.T, f *faults, cfg dynamostore.Config) *dynamostore.Store {
	t.Helper()
	client := dynamotest.Client(t)
	f.Client = client
	store, err := dynamostore.New(f, dynamotest.Table(t, client, eventsTable), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func wantVersion(t *testing.T, s es.Store, stream es.StreamID, want int64) {
	t.Helper()
	if h, err := s.Head(t.Context(), stream); err != nil || h.Version() != want {
		t.Errorf("%s is at %d, %v; want %d", stream, h.Version(), err, want)
	}
}

// TestAnswerLostBelowTheSDK: the SDK repeats the write, which finds itself stored.
func TestAnswerLostBelowTheSDK(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"put", "transaction"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lossy := &loseAnswers{}
			lossy.n.Store(2)
			client := dynamotest.Client(t, func(o *dynamodb.Options) {
				lossy.next, o.HTTPClient = o.HTTPClient, lossy
				o.RetryMaxAttempts = 3
			})
			store, err := dynamostore.New(client, dynamotest.Table(t, dynamotest.Client(t), eventsTable), dynamostore.Config{})
			if err != nil {
				t.Fatal(err)
			}
			commits, err := store.Append(t.Context(), both(store)[name])
			if err != nil || commits[0].Version != 1 || commits[0].LastVersion() != 2 || lossy.n.Load() > 0 {
				t.Errorf("append: %+v, %v; answers still to be lost: %d", commits, err, lossy.n.Load())
			}
			wantVersion(t, store, acc1, 2)
		})
	}
}

// TestAnswerLost: the store repeats the write, and counts it as stored if it finds its own commit.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]error{
		"connection": errLost, "server": &types.InternalServerError{}, "throttled": &types.RequestLimitExceeded{},
	} {
		for _, form := range []string{"put", "transaction"} {
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				f := &faults{after: first(2, after)}
				store := faulty(t, f, dynamostore.Config{Backoff: time.Millisecond})
				if _, err := store.Append(t.Context(), both(store)[form]); err != nil || f.calls.Load() != 3 {
					t.Errorf("append with two faults: %v after %d calls, want no error after 3", err, f.calls.Load())
				}
				wantVersion(t, store, acc1, 2)
			})
		}
	}
}

// TestOutcomeUnknown: if no answer ever comes, the error is an unknown outcome and never a conflict.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"put", "transaction"} {
		for name, test := range map[string]struct {
			after func(int64) error
			cause error
		}{
			"attempts used up":               {first(99, errLost), errLost},
			"lost, then refused by a policy": {func(n int64) error { return []error{errLost, errDenied}[n-1] }, errDenied},
		} {
			t.Run(form+"/"+name, func(t *testing.T) {
				t.Parallel()
				store := faulty(t, &faults{after: test.after}, dynamostore.Config{Backoff: time.Millisecond, Attempts: 3})
				a := both(store)[form]
				a.ID = "mine"
				_, err := store.Append(t.Context(), a)
				var unknown *es.UnknownOutcomeError
				if !errors.As(err, &unknown) || unknown.CommitID != "mine" || unknown.Stream != acc1 ||
					!errors.Is(err, test.cause) {
					t.Errorf("%v, want an unknown outcome because of %v", err, test.cause)
				}
				if errors.As(err, new(*es.ConflictError)) {
					t.Errorf("%v is a conflict", err)
				}
			})
		}
	}
	t.Run("time is up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		store := faulty(t, &faults{after: func(int64) error { cancel(); return ctx.Err() }}, dynamostore.Config{})
		_, err := store.Append(ctx, both(store)["put"])
		if !errors.As(err, new(*es.UnknownOutcomeError)) || !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want an unknown outcome", err)
		}
		wantVersion(t, store, acc1, 2)
	})
}

// TestTransactionInTheWay: if a concurrent transaction blocks the append, the store sends it again; the SDK does not.
func TestTransactionInTheWay(t *testing.T) {
	t.Parallel()
	for form, err := range map[string]error{"put": errInTheWay, "transaction": errCanceled} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := &faults{before: first(3, err)}
			store := faulty(t, f, dynamostore.Config{Backoff: time.Millisecond})
			if _, err := store.Append(t.Context(), both(store)[form]); err != nil || f.calls.Load() != 4 {
				t.Errorf("append with three faults: %v after %d calls, want no error after 4", err, f.calls.Load())
			}
			wantVersion(t, store, acc1, 2)
		})
		t.Run(form+" for ever", func(t *testing.T) {
			t.Parallel()
			store := faulty(t, &faults{before: first(99, err)}, dynamostore.Config{Backoff: time.Millisecond, Attempts: 3})
			_, got := store.Append(t.Context(), both(store)[form])
			if !errors.Is(got, err) || errors.As(got, new(*es.UnknownOutcomeError)) || errors.As(got, new(*es.ConflictError)) {
				t.Errorf("%v, want %v and nothing of an unknown outcome or a conflict", got, err)
			}
			wantVersion(t, store, acc1, 0)
		})
	}
}

// TestConflictAfterLostAnswer: if another writer took the place before the retry, the error is a conflict.
func TestConflictAfterLostAnswer(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"put", "transaction"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := &faults{}
			store := faulty(t, f, dynamostore.Config{Backoff: time.Millisecond})
			rival := both(store)["put"]
			f.before = func(call int64) error {
				if call != 1 {
					return nil
				}
				_, err := store.Append(context.Background(), rival) // call 2
				return errors.Join(errLost, err)
			}
			_, err := store.Append(t.Context(), both(store)[form])
			if !errors.As(err, new(*es.ConflictError)) {
				t.Errorf("%v, want a conflict", err)
			}
			wantVersion(t, store, acc2, 0)
		})
	}
}

// TestRefusedAtOnce: a write that can never succeed is not sent again.
func TestRefusedAtOnce(t *testing.T) {
	t.Parallel()
	f := &faults{before: first(99, errDenied)}
	store := faulty(t, f, dynamostore.Config{})
	if _, err := store.Append(t.Context(), both(store)["put"]); !errors.Is(err, errDenied) || f.calls.Load() != 1 {
		t.Errorf("%v after %d calls, want %v after 1", err, f.calls.Load(), errDenied)
	}
}
