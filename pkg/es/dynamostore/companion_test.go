package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// companion counts commits per stream in rows of its own table.
type companion struct {
	client  *dynamodb.Client
	table   string
	actions func(c *companion, commits []es.Commit) ([]types.TransactWriteItem, error)
	asked   int
}

func (c *companion) Actions(_ context.Context, commits []es.Commit) ([]types.TransactWriteItem, error) {
	c.asked++
	return c.actions(c, commits)
}

// counted returns the number of commits of all streams.
func counted(c *companion, commits []es.Commit) ([]types.TransactWriteItem, error) {
	var actions []types.TransactWriteItem
	for _, commit := range commits {
		actions = append(actions, c.count(commit.Stream.String()))
	}
	return actions, nil
}

func (c *companion) count(row string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &c.table, Key: dynamostore.Item{"stream": &types.AttributeValueMemberS{Value: row}},
		UpdateExpression:          aws.String("ADD n :one"),
		ExpressionAttributeValues: dynamostore.Item{":one": &types.AttributeValueMemberN{Value: "1"}},
	}}
}

// never is an action whose condition always fails.
func (c *companion) never(row string) types.TransactWriteItem {
	action := c.count(row)
	action.Update.ConditionExpression = aws.String("attribute_exists(nothing)")
	return action
}

func (c *companion) counts(t *testing.T, want string) {
	t.Helper()
	out, err := c.client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &c.table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, item := range out.Items {
		got[item["stream"].(*types.AttributeValueMemberS).Value] = item["n"].(*types.AttributeValueMemberN).Value
	}
	if fmt.Sprint(got) != want {
		t.Errorf("the companion counted %v, want %s", got, want)
	}
}

func accompanied(
	t *testing.T, f *faults, cfg dynamostore.Config,
	actions func(*companion, []es.Commit) ([]types.TransactWriteItem, error),
) (*dynamostore.Store, *companion) {
	t.Helper()
	client := dynamotest.Client(t)
	c := &companion{client: client, table: dynamotest.Table(t, client, dynamostore.SnapshotsTable), actions: actions}
	cfg.Companion, cfg.Log = c, slog.New(slog.DiscardHandler)
	if cfg.Backoff == 0 {
		cfg.Backoff = time.Millisecond
	}
	return faulty(t, f, cfg), c
}

var counts = map[string]string{"put": "map[Account#1:1]", "transaction": "map[Account#1:1 Account#2:1]"}

const none = "map[]"

// TestCompanion: the companion's rows are stored with the commits, in one request. Without rows, the request is the
// same as without a companion.
func TestCompanion(t *testing.T) {
	t.Parallel()
	for form, want := range counts {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := &faults{}
			store, c := accompanied(t, f, dynamostore.Config{}, counted)
			if _, err := store.Append(t.Context(), both(store)[form]); err != nil || f.calls.Load() != 1 ||
				store.Unaccompanied() != 0 {
				t.Errorf("append: %v after %d calls, %d appends without companion", err, f.calls.Load(), store.Unaccompanied())
			}
			wantVersion(t, store, acc1, 2)
			c.counts(t, want)
			if _, err := store.Append(t.Context(), both(store)[form]); !errors.As(err, new(*es.ConflictError)) ||
				f.calls.Load() != 2 {
				t.Errorf("%v after %d calls, want a conflict at once", err, f.calls.Load())
			}
			c.counts(t, want)
		})
	}
	t.Run("nothing to add", func(t *testing.T) {
		t.Parallel()
		meter := &dynamotest.Meter{}
		c := &companion{actions: func(*companion, []es.Commit) ([]types.TransactWriteItem, error) { return nil, nil }}
		store, err := dynamostore.New(dynamotest.Client(t, meter.Metered), dynamotest.Table(t, dynamotest.Client(t), eventsTable),
			dynamostore.Config{Companion: c, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Append(t.Context(), both(store)["put"]); err != nil || c.asked != 1 {
			t.Error(err, c.asked)
		}
		if diff := cmp.Diff(map[string]int{"PutItem": 1}, meter.Take().Requests); diff != "" || store.Unaccompanied() != 0 {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	})
}

var errCompanion = errors.New("no rows today")

// TestCompanionInTheWay: if a companion's actions fail for any reason, the append is stored without them.
func TestCompanionInTheWay(t *testing.T) {
	t.Parallel()
	type actions = []types.TransactWriteItem
	for name, do := range map[string]func(*companion, []es.Commit) (actions, error){
		"error": func(*companion, []es.Commit) (actions, error) { return nil, errCompanion },
		"condition fails": func(c *companion, _ []es.Commit) (actions, error) {
			return actions{c.count("a"), c.never("b")}, nil
		},
		"one row twice": func(c *companion, _ []es.Commit) (actions, error) {
			return actions{c.count("a"), c.count("a")}, nil
		},
		"too many": func(c *companion, _ []es.Commit) (actions, error) {
			var all actions
			for i := range 100 {
				all = append(all, c.count(fmt.Sprint(i)))
			}
			return all, nil
		},
		"too large": func(c *companion, _ []es.Commit) (actions, error) {
			return actions{{Put: &types.Put{TableName: &c.table, Item: dynamostore.Item{
				"stream": &types.AttributeValueMemberS{Value: "a"},
				"n":      &types.AttributeValueMemberS{Value: strings.Repeat("x", 401<<10)},
			}}}}, nil
		},
		"no such table": func(c *companion, _ []es.Commit) (actions, error) {
			action := c.count("a")
			action.Update.TableName = aws.String("none")
			return actions{action}, nil
		},
	} {
		for form := range counts {
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				store, c := accompanied(t, &faults{}, dynamostore.Config{Attempts: 1}, do)
				if _, err := store.Append(t.Context(), both(store)[form]); err != nil || store.Unaccompanied() != 1 ||
					c.asked != 1 {
					t.Errorf("append: %v, %d appends without companion, companion asked %d times", err, store.Unaccompanied(), c.asked)
				}
				wantVersion(t, store, acc1, 2)
				c.counts(t, none)
				_, err := store.Append(t.Context(), both(store)[form])
				if conflict := (*es.ConflictError)(nil); !errors.As(err, &conflict) || conflict.Stream != acc1 ||
					conflict.Actual != 2 {
					t.Errorf("%v, want a conflict of the stream", err)
				}
				c.counts(t, none)
			})
		}
	}
	t.Run("some with an error", func(t *testing.T) {
		t.Parallel()
		store, c := accompanied(t, &faults{}, dynamostore.Config{}, func(c *companion, commits []es.Commit) (actions, error) {
			all, _ := counted(c, commits)
			return all[:1], errCompanion
		})
		if _, err := store.Append(t.Context(), both(store)["transaction"]); err != nil || store.Unaccompanied() != 1 {
			t.Errorf("append with a companion that is refused: %v, %d appends without companion, want 1",
				err, store.Unaccompanied())
		}
		c.counts(t, counts["put"])
	})
}

// TestCompanionAndFaults: whatever the answer to the transaction with the companion's actions, the append is stored
// once, and the actions at most once and never without it.
func TestCompanionAndFaults(t *testing.T) {
	t.Parallel()
	for form, want := range counts {
		for name, test := range map[string]struct {
			f    *faults
			want string
		}{
			"answer lost":   {&faults{after: first(1, errLost)}, want},
			"answers lost":  {&faults{after: first(3, errLost)}, want},
			"never arrived": {&faults{before: first(1, errLost)}, none},
			"in the way":    {&faults{before: first(1, errCanceled)}, none},
			"refused":       {&faults{before: first(1, errDenied)}, none},
			"lost, then none": {
				&faults{after: first(1, errLost), before: func(n int64) error { return map[int64]error{2: errInTheWay}[n] }}, want,
			},
		} {
			t.Run(form+"/"+name, func(t *testing.T) {
				t.Parallel()
				store, c := accompanied(t, test.f, dynamostore.Config{}, counted)
				stored, err := store.Append(t.Context(), both(store)[form])
				if err != nil || stored[0].Head.Version() != 2 {
					t.Errorf("append with a companion: %v, %v, want version 2", stored, err)
				}
				wantVersion(t, store, acc1, 2)
				c.counts(t, test.want)
			})
		}
	}
}

// TestCompanionAndUnknownOutcome: if the answer with the companion's actions was lost, the outcome stays unknown when
// the append is sent without them.
func TestCompanionAndUnknownOutcome(t *testing.T) {
	t.Parallel()
	for form, want := range counts {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			f := &faults{after: first(1, errLost)}
			f.before = func(call int64) error {
				if call > 1 {
					return errDenied
				}
				return nil
			}
			store, c := accompanied(t, f, dynamostore.Config{}, counted)
			_, err := store.Append(t.Context(), both(store)[form])
			if !errors.As(err, new(*es.UnknownOutcomeError)) || errors.As(err, new(*es.ConflictError)) {
				t.Errorf("%v, want an unknown outcome", err)
			}
			c.counts(t, want)
		})
		t.Run(form+", for sure", func(t *testing.T) {
			t.Parallel()
			store, _ := accompanied(t, &faults{before: first(99, errDenied)}, dynamostore.Config{}, counted)
			if _, err := store.Append(t.Context(), both(store)[form]); !errors.Is(err, errDenied) ||
				errors.As(err, new(*es.UnknownOutcomeError)) {
				t.Errorf("append with a denied companion: %v, want %v and no UnknownOutcomeError", err, errDenied)
			}
		})
		t.Run(form+", then a rival", func(t *testing.T) {
			t.Parallel()
			f := &faults{}
			store, c := accompanied(t, f, dynamostore.Config{}, counted)
			rival := both(store)["put"]
			f.before = func(call int64) error {
				if call != 1 {
					return nil
				}
				_, err := store.Append(context.Background(), rival) // call 2
				return errors.Join(errLost, err)
			}
			if _, err := store.Append(t.Context(), both(store)[form]); !errors.As(err, new(*es.ConflictError)) {
				t.Errorf("%v, want a conflict", err)
			}
			c.counts(t, counts["put"]) // the rival's
		})
	}
}

// tokens records the tokens of all transactions, and loses the answers to the first few.
type tokens struct {
	dynamostore.Client
	mu   sync.Mutex
	sent []string
	lose int
}

func (k *tokens) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	k.mu.Lock()
	k.sent = append(k.sent, *in.ClientRequestToken)
	lost := len(k.sent) <= k.lose
	k.mu.Unlock()
	out, err := k.Client.TransactWriteItems(ctx, in, o...)
	if lost {
		return nil, errLost
	}
	return out, err
}

// TestTokens: requests with the same token must be identical, so the append without the companion's actions has another
// token.
func TestTokens(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	k := &tokens{Client: client, lose: 2}
	c := &companion{client: client, table: dynamotest.Table(t, client, dynamostore.SnapshotsTable), actions: counted}
	store, err := dynamostore.New(k, dynamotest.Table(t, client, eventsTable),
		dynamostore.Config{Companion: c, Backoff: time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), both(store)["transaction"]); err != nil {
		t.Error(err)
	}
	if len(k.sent) != 3 || k.sent[0] == k.sent[1] || k.sent[1] != k.sent[2] {
		t.Errorf("tokens %v, want three: one token, then another one twice", k.sent)
	}
	c.counts(t, counts["transaction"])
}

// TestCompanionIsSentOnce: the SDK does not retry the transaction with the companion's actions.
func TestCompanionIsSentOnce(t *testing.T) {
	t.Parallel()
	client, meter := dynamotest.Client(t), &dynamotest.Meter{}
	c := &companion{client: client, table: dynamotest.Table(t, client, dynamostore.SnapshotsTable), actions: counted}
	lossy := dynamotest.Client(t, func(o *dynamodb.Options) {
		lose := &loseAnswers{next: o.HTTPClient}
		lose.n.Store(1)
		o.HTTPClient = lose
	}, meter.Metered)
	store, err := dynamostore.New(lossy, dynamotest.Table(t, client, eventsTable),
		dynamostore.Config{Companion: c, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), both(store)["put"]); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"TransactWriteItems": 1, "PutItem": 1}, meter.Take().Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	c.counts(t, counts["put"])
}

// TestCompanionIsLogged: contention is logged at debug level, other failures as warnings.
func TestCompanionIsLogged(t *testing.T) {
	t.Parallel()
	for want, actions := range map[string]func(*companion, []es.Commit) ([]types.TransactWriteItem, error){
		"DEBUG": func(c *companion, _ []es.Commit) ([]types.TransactWriteItem, error) {
			return []types.TransactWriteItem{c.never("a")}, nil
		},
		"WARN": func(*companion, []es.Commit) ([]types.TransactWriteItem, error) { return nil, errCompanion },
	} {
		var logged strings.Builder
		client := dynamotest.Client(t)
		c := &companion{client: client, table: dynamotest.Table(t, client, dynamostore.SnapshotsTable), actions: actions}
		store, err := dynamostore.New(client, dynamotest.Table(t, client, eventsTable), dynamostore.Config{
			Companion: c, Log: slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Append(t.Context(), both(store)["put"]); err != nil {
			t.Error(err)
		}
		got := logged.String()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "level="+want) ||
			!strings.Contains(got, "stream=Account#1 version=1") {
			t.Errorf("logged %q, want one line at %s", got, want)
		}
	}
}
