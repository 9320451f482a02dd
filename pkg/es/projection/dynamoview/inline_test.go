package dynamoview_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// inlineBench is a store whose appends also write a projection's rows, and a projector that follows it.
type inlineBench struct {
	*bench
	store  *dynamostore.Store
	plain  *dynamostore.Store // on the same table; its appends write no rows
	hooks  *hooks
	told   *told
	logged *strings.Builder
}

// hooks wrap DynamoDB's client, and run functions before or after a transaction.
type hooks struct {
	dynamostore.Client
	before, after func() error // each is called once
}

func call(f *func() error) error {
	if *f == nil {
		return nil
	}
	do := *f
	*f = nil
	return do()
}

func (h *hooks) TransactWriteItems(
	ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options),
) (*dynamodb.TransactWriteItemsOutput, error) {
	if err := call(&h.before); err != nil {
		return nil, err
	}
	out, err := h.Client.TransactWriteItems(ctx, in, o...)
	if lost := call(&h.after); lost != nil {
		return nil, lost
	}
	return out, err
}

// told records what the notifier was told.
type told struct {
	mu  sync.Mutex
	all []string
}

func (n *told) Notify(_ context.Context, changes []projection.Change) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range changes {
		n.all = append(n.all, fmt.Sprintf("%s@%d", c.Stream, c.Version))
	}
}

func (n *told) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := n.all
	n.all = nil
	return taken
}

func newInline(t *testing.T) *inlineBench {
	t.Helper()
	b := &inlineBench{bench: newBench(t), told: &told{}, logged: &strings.Builder{}}
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamotest.Unread(dynamostore.EventsTable))
	b.hooks = &hooks{Client: client}
	open := func(client dynamostore.Client, companion dynamostore.Companion) *dynamostore.Store {
		store, err := dynamostore.New(client, table, dynamostore.Config{
			Companion: companion, Log: slog.New(slog.NewTextHandler(b.logged, nil)), Backoff: time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	b.plain = open(client, nil)
	b.store = open(b.hooks, dynamoview.NewInline(b.catalog, b.subscription()))
	b.engine = projection.NewEngine(b.store, b.catalog,
		projection.Config{Notifier: b.told, Log: slog.New(slog.DiscardHandler)}, b.subscription())
	return b
}

func (b *inlineBench) subscription() projection.Subscription {
	return projection.Subscription{Projection: log, View: b.view, Inline: true}
}

func encoded(t *testing.T, events ...noteEvent) []es.RawEvent {
	t.Helper()
	raw := make([]es.RawEvent, len(events))
	for i, e := range events {
		var err error
		if raw[i], err = notes.Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// write appends a commit to the end of a stream, through a store.
func write(t *testing.T, store *dynamostore.Store, id string, events ...noteEvent) es.Commit {
	t.Helper()
	head, err := store.Head(t.Context(), note(id))
	if err != nil {
		t.Fatal(err)
	}
	commits, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: head, Events: encoded(t, events...)}}})
	if err != nil {
		t.Fatal(err)
	}
	return commits[0].Commit
}

// delivered makes the projector apply commits, and fails the test unless it only reads.
func (b *inlineBench) delivered(t *testing.T, commits ...es.Commit) {
	t.Helper()
	b.meter.Take()
	b.apply(t, commits...)
	for operation := range b.meter.Take().Requests {
		if operation != "GetItem" && operation != "BatchGetItem" {
			t.Errorf("the projector sent a %s for what was done", operation)
		}
	}
}

func (b *inlineBench) level(t *testing.T, id string, version int64) {
	t.Helper()
	if got := b.rows(t, id).Versions[id]; got != version {
		t.Errorf("%s is projected up to %d, want %d", id, got, version)
	}
}

// TestInline: rows are stored with their commits. The projector has nothing to do, except notify.
func TestInline(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	c1 := write(t, b.store, "a", noted{"x"}, noted{"y"})
	want := rows{
		Notebooks: map[string]notebook{"a": {[]string{"x", "y"}}}, Versions: map[string]int64{"a": 2},
		All: []string{"x", "y"}, Letters: map[string]string{"x": "1", "y": "1"},
	}
	if diff := cmp.Diff(want, b.rows(t, "a")); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	b.delivered(t, c1)
	if diff := cmp.Diff([]string{"Note#a@2"}, b.told.take()); diff != "" {
		t.Errorf("versions observed (-want +got):\n%s", diff)
	}
	c2, c3 := write(t, b.store, "a", renoted{}), write(t, b.store, "a", noted{"z"})
	want = rows{
		Notebooks: map[string]notebook{"a": {[]string{"x", "z"}}}, Versions: map[string]int64{"a": 4},
		All: []string{"x", "z"}, Letters: map[string]string{"x": "1", "y": "0", "z": "1"},
	}
	b.delivered(t, c2, c3, c1)
	if diff := cmp.Diff(want, b.rows(t, "a")); diff != "" || b.store.Unaccompanied() != 0 {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	b.hooks.before = func() error { return nil }
	other := b.store.Empty(es.StreamID{Type: "Other", ID: "1"})
	_, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: other, Events: encoded(t, noted{"x"})}}})
	if err != nil || b.hooks.before == nil {
		t.Errorf("append to a stream that no inline projection reads: want no transaction and no error, got %v", err)
	}
}

// TestInlineTogether: streams that are written together add to one row together.
func TestInlineTogether(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	commits, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{
		{Head: b.store.Empty(note("a")), Events: encoded(t, noted{"x"})},
		{Head: b.store.Empty(note("b")), Events: encoded(t, noted{"x"})},
	}})
	if err != nil || b.store.Unaccompanied() != 0 {
		t.Fatal(err, b.store.Unaccompanied())
	}
	b.delivered(t, commits[0].Commit, commits[1].Commit)
	if got := b.rows(t, "a", "b"); got.Letters["x"] != "2" || len(got.All) != 2 {
		t.Errorf("rows of a and b: %+v, want x twice and 2 entries", got)
	}
}

// TestInlineLeaves: a stream whose checkpoint is not at the head is left to the projector, and is inline again once it
// is caught up.
func TestInlineLeaves(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	c1, c2 := write(t, b.plain, "a", noted{"x"}), write(t, b.store, "a", noted{"y"})
	b.level(t, "a", 0)
	b.apply(t, c1)
	c3 := write(t, b.store, "a", noted{"z"})
	b.level(t, "a", 1)
	b.apply(t, c2, c3)
	b.level(t, "a", 3)
	b.delivered(t, write(t, b.store, "a", noted{"z"}))
	b.level(t, "a", 4)

	c5 := write(t, b.store, "a", fanned{250}) // more than a transaction holds
	b.level(t, "a", 4)
	if n := b.store.Unaccompanied(); n != 1 {
		t.Errorf("%d appends were left alone, want the large one", n)
	}
	b.apply(t, c5)
	if got := b.rows(t, "a"); got.Versions["a"] != 5 || got.Fan != 250 || got.Letters["z"] != "2" {
		t.Errorf("rows of a: %+v, want version 5, 250 in the fan and z twice", got)
	}
}

// TestInlineOfAnotherHistory: a checkpoint at the head's version with the hash of another commit is not at the head.
func TestInlineOfAnotherHistory(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	write(t, b.plain, "a", noted{"x"})
	other := projection.Checkpoint{Version: 1, Hash: []byte("of a table that was restored"), State: []byte(`{}`)}
	if err := b.view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: note("a"), Next: other}},
		nil); err != nil {
		t.Fatal(err)
	}
	write(t, b.store, "a", noted{"y"})
	b.level(t, "a", 1)
}

// TestInlineUnreadyCheckpoints: a checkpoint that is half done, behind or parked is left to the projector, whatever its
// version.
func TestInlineUnreadyCheckpoints(t *testing.T) {
	t.Parallel()
	move := func(b *inlineBench, at, next projection.Checkpoint) error {
		return b.view.Save(context.Background(), 1,
			[]projection.CheckpointUpdate{{Stream: note("a"), Prev: at, Next: next}}, nil)
	}
	for name, spoil := range map[string]func(b *inlineBench, at, next projection.Checkpoint) error{
		"half done": func(b *inlineBench, at, next projection.Checkpoint) error {
			next.RowsWritten = 1
			return move(b, at, next)
		},
		"behind": func(b *inlineBench, at, next projection.Checkpoint) error {
			next.Behind = true
			return move(b, at, next)
		},
		"parked": func(b *inlineBench, at, _ projection.Checkpoint) error {
			return b.view.Park(context.Background(), 1, note("a"), at, projection.Parked{Reason: projection.Failed, Version: 2})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newInline(t)
			write(t, b.store, "a", noted{"x"})
			all, err := b.view.Checkpoints(t.Context(), 1, note("a"))
			if err != nil {
				t.Fatal(err)
			}
			at := all[note("a")]
			if err := spoil(b, at, at); err != nil {
				t.Fatal(err)
			}
			write(t, b.store, "a", noted{"y"})
			b.level(t, "a", 1)
		})
	}
}

// TestInlineCannotFold: the command succeeds. The projector parks the stream, and handles it from then on.
func TestInlineCannotFold(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]poisoned{"error": {}, "panic": {Panic: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newInline(t)
			write(t, b.store, "a", noted{"x"})
			bad := write(t, b.store, "a", event)
			b.level(t, "a", 1)
			if got := b.logged.String(); b.store.Unaccompanied() != 1 || !strings.Contains(got, "Note#a@2 can't be folded") ||
				strings.Contains(got, "poison") {
				t.Errorf("%d appends without companion, log %q; want 1, and Note#a@2 named without its payload",
					b.store.Unaccompanied(), got)
			}
			b.apply(t, bad)
			if got := b.parked(t)["a"]; !strings.HasPrefix(got, "failed before 2, seen 2") {
				t.Errorf("checkpoint of a: %q, want parked as failed before version 2", got)
			}
			after := write(t, b.store, "a", noted{"y"})
			b.apply(t, after)
			b.level(t, "a", 1)
			if n := b.store.Unaccompanied(); n != 1 {
				t.Errorf("%d appends without companion, want 1", n)
			}
		})
	}
}

// TestInlineOvertaken: if a checkpoint moves between the read and the write, the commit is stored without the rows.
func TestInlineOvertaken(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	b.hooks.before = func() error {
		return b.view.Park(context.Background(), 1, note("a"), projection.Checkpoint{}, projection.Parked{
			Reason: projection.Failed, Version: 1,
		})
	}
	write(t, b.store, "a", noted{"x"})
	if got := b.rows(t); len(got.All) != 0 || b.store.Unaccompanied() != 1 {
		t.Errorf("rows: %+v, %d appends without companion; want no rows and 1", got, b.store.Unaccompanied())
	}
	if err := b.engine.RetryStream(t.Context(), note("a"), "log"); err != nil {
		t.Fatal(err)
	}
	if got := b.rows(t, "a"); got.Versions["a"] != 1 || len(b.parked(t)) != 0 || got.Letters["x"] != "1" {
		t.Errorf("rows of a: %+v, want version 1, x once, and nothing parked", got)
	}
	b.delivered(t, write(t, b.store, "a", noted{"x"}))
	b.level(t, "a", 2)
}

// TestInlineRival: of two appends to one head, the second is a conflict, with or without rows.
func TestInlineRival(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	empty := b.store.Empty(note("a"))
	b.hooks.before = func() error {
		_, err := b.store.Append(context.Background(), es.Append{
			Writes: []es.Write{{Head: empty, Events: encoded(t, noted{"x"})}},
		})
		return err
	}
	_, err := b.store.Append(t.Context(), es.Append{Writes: []es.Write{{Head: empty, Events: encoded(t, noted{"y"})}}})
	if conflict := (*es.ConflictError)(nil); !errors.As(err, &conflict) || conflict.Actual != 1 {
		t.Fatalf("%v, want a conflict at 1", err)
	}
	b.delivered(t, write(t, b.store, "a", noted{"y"}))
	if got := b.rows(t, "a"); got.Versions["a"] != 2 || strings.Join(got.All, "") != "xy" || b.store.Unaccompanied() != 0 {
		t.Errorf("rows of a: %+v, %d appends without companion; want version 2, xy and 0", got, b.store.Unaccompanied())
	}
}

// TestInlineAnswerLost: an append whose answer is lost is stored once, and so are its rows.
func TestInlineAnswerLost(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	b.hooks.after = func() error { return errors.New("connection lost") }
	c := write(t, b.store, "a", noted{"x"})
	b.delivered(t, c)
	if got := b.rows(t, "a"); got.Versions["a"] != 1 || got.Letters["x"] != "1" || b.hooks.after != nil {
		t.Errorf("rows of a: %+v, want version 1 and x once", got)
	}
	head, err := b.store.Head(t.Context(), note("a"))
	if err != nil || head.Version() != 1 {
		t.Errorf("the stream ends at %d, %v", head.Version(), err)
	}
}

// stuck is a catalog that does not answer.
type stuck struct{ projection.Catalog }

func (stuck) Records(ctx context.Context) (map[string]projection.Record, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestInlineDoesNotWait: commands wait for checkpoints only briefly.
func TestInlineDoesNotWait(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	began := time.Now()
	actions, err := dynamoview.NewInline(stuck{b.catalog}, b.subscription()).Actions(t.Context(), []es.Commit{
		write(t, b.plain, "a", noted{"x"}),
	})
	if err == nil || !strings.Contains(err.Error(), "longer than 500ms") || actions != nil ||
		time.Since(began) > 5*time.Second {
		t.Errorf("companion that is too slow: %v, %v after %s; want an error and no actions", actions, err, time.Since(began))
	}
}

func TestInlineIsForProjectionsOfViews(t *testing.T) {
	t.Parallel()
	b := newInline(t)
	reaction := reaction.New(reaction.Reaction{
		Name: "react",
		Sources: []reaction.Source{reaction.From(aNote, reaction.On(
			func(context.Context, projection.Event[noteEvent], es.Command) error { return nil }))},
	})
	for name, sub := range map[string]projection.Subscription{
		"a reaction":     {Projection: reaction, View: b.view, Inline: true},
		"another's view": {Projection: log, View: struct{ projection.View }{b.view}, Inline: true},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s may be inline", name)
				}
			}()
			dynamoview.NewInline(b.catalog, sub)
		}()
		sub.Inline = false
		dynamoview.NewInline(b.catalog, sub)
	}
}

// TestInlineLeavesWhatIsTooLarge: a document that would leave no room for parking its stream is left to the projector,
// which parks the stream.
func TestInlineLeavesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inline := dynamoview.NewInline(b.catalog, projection.Subscription{Projection: tallies, View: b.view, Inline: true})
	for bytes, want := range map[int]int{100: 1, 395 << 10: 0} {
		c := es.Commit{
			Stream: note(fmt.Sprint(bytes)), Version: 1, Events: []es.RawEvent{encode(t, strings.Repeat("x", bytes))},
		}
		actions, err := inline.Actions(t.Context(), []es.Commit{c})
		if err != nil || len(actions) != want {
			t.Errorf("%d bytes: %d actions, %v, want %d", bytes, len(actions), err, want)
		}
	}
}
