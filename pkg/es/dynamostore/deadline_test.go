package dynamostore_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/storetest"
)

// stub replaces a table with at most one item. In synctest, time does not pass while a goroutine waits for a
// connection.
type stub struct {
	item dynamostore.Item
	// write answers a write instead of the table, if it is not nil.
	write func(ctx context.Context) error
}

func (s *stub) Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if s.item == nil {
		return &dynamodb.QueryOutput{}, nil
	}
	return &dynamodb.QueryOutput{Items: []dynamostore.Item{s.item}}, nil
}

func (s *stub) PutItem(
	ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options),
) (*dynamodb.PutItemOutput, error) {
	if s.write != nil {
		return nil, s.write(ctx)
	}
	s.item = in.Item
	return &dynamodb.PutItemOutput{}, nil
}

func (s *stub) TransactWriteItems(
	ctx context.Context, _ *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	return nil, s.write(ctx)
}

func onStub(t *testing.T, s *stub, cfg dynamostore.Config) *dynamostore.Store {
	t.Helper()
	store, err := dynamostore.New(s, "events", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	storetest.RunDeadline(t, func(t *testing.T, now func() time.Time) es.Store {
		t.Helper()
		return onStub(t, &stub{}, dynamostore.Config{Now: now})
	})
}

// TestAppendEndsInTime: the deadline holds for all attempts together, and the error says whether the append may be
// stored.
func TestAppendEndsInTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		write   func(context.Context) error
		unknown bool
	}{
		"no answer":               {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, true},
		"answers that are lost":   {func(context.Context) error { time.Sleep(time.Second); return errLost }, true},
		"transactions in the way": {func(context.Context) error { time.Sleep(time.Second); return errInTheWay }, false},
	} {
		for _, form := range []string{"put", "transaction"} {
			t.Run(form+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := onStub(t, &stub{write: test.write}, dynamostore.Config{Attempts: 1_000_000})
					begun := time.Now()
					_, err := store.Append(t.Context(), both(store)[form])
					if took := time.Since(begun); took > es.AppendDeadline+time.Second {
						t.Errorf("append took %v, but an attempt takes a second", took)
					}
					if unknown := errors.As(err, new(*es.UnknownOutcomeError)); unknown != test.unknown {
						t.Errorf("%v: unknown outcome %v, want %v", err, unknown, test.unknown)
					}
					if !test.unknown && (!errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errInTheWay)) {
						t.Errorf("%v, want the deadline and what was in the way", err)
					}
				})
			})
		}
	}
}

// slow is a companion that takes a long time.
type slow struct{}

func (slow) Actions(ctx context.Context, _ []es.Commit) ([]types.TransactWriteItem, error) {
	<-ctx.Done()
	return []types.TransactWriteItem{{}}, ctx.Err()
}

// TestCompanionTakesAllTime: if the companion uses up the time, nothing is sent, and the error says so.
func TestCompanionTakesAllTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := onStub(t, &stub{}, dynamostore.Config{Companion: slow{}, Log: slog.New(slog.DiscardHandler)})
		_, err := store.Append(t.Context(), both(store)["put"])
		if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*es.UnknownOutcomeError)) {
			t.Errorf("%v, want the deadline", err)
		}
		if h, err := store.Head(t.Context(), acc1); err != nil || h.Version() != 0 {
			t.Errorf("head after the append: version %d, %v, want 0", h.Version(), err)
		}
	})
}
