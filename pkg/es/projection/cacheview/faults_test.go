package cacheview_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/cacheview"
)

const gen projection.Generation = 1

// prepared is a view with an empty generation.
func prepared(t *testing.T, change ...func(*redis.Options)) cache {
	t.Helper()
	client := connect(t, change...)
	c := cache{cacheview.New(client, visits, cacheview.Config{}), client}
	if err := c.Prepare(t.Context(), gen); err != nil {
		t.Fatal(err)
	}
	return c
}

// at is a checkpoint with a document that is in a list.
func at(id string, version int64) projection.Checkpoint {
	key := projection.OwnKey(visitID(id), projection.Key{Partition: "all", Sort: id})
	return projection.Checkpoint{
		Version: version, State: []byte(`{"room":"blue"}`), Slots: []projection.Slot{{Key: key, Row: []byte(`1`)}},
	}
}

func add(n projection.Number) projection.Write {
	return projection.Write{
		Kind: projection.Add, Key: projection.Key{Partition: "rooms", Sort: "blue"},
		Counters: map[string]projection.Number{"n": n},
	}
}

// move saves the next version of a stream, and adds 1 to a counter.
func (c cache) move(ctx context.Context, id string, prev, next int64) error {
	update := projection.CheckpointUpdate{Stream: visitID(id), Next: at(id, next)}
	if prev > 0 {
		update.Prev = at(id, prev)
	}
	return c.Save(ctx, gen, []projection.CheckpointUpdate{update}, []projection.Write{add(projection.Int(1))})
}

// calls makes every call, and returns the errors by name.
func (c cache) calls(ctx context.Context) map[string]error {
	errs := map[string]error{
		"save": c.move(ctx, "a", 1, 2), "seen": c.Seen(ctx, gen, visitID("p"), 3),
		"park": c.Park(ctx, gen, visitID("a"), at("a", 1), projection.Parked{Version: 2}),
	}
	_, errs["checkpoints"] = c.Checkpoints(ctx, gen, visitID("a"))
	_, errs["rows"] = c.Rows(ctx, gen, projection.RowKey{Key: add(projection.Int(1)).Key, Kind: projection.SharedRow})
	errs["parked"], errs["keys"], errs["list"] = nil, nil, nil
	for _, err := range c.Parked(ctx, gen) {
		errs["parked"] = err
	}
	for _, err := range c.Keys(ctx, gen) {
		errs["keys"] = err
	}
	for _, err := range c.List(ctx, gen, projection.Listing{Kind: projection.IndexedRow, Partition: "all"}) {
		errs["list"] = err
	}
	return errs
}

// wantAll fails the test unless every call has an error.
func wantAll(t *testing.T, errs map[string]error, want error) {
	t.Helper()
	for call, err := range errs {
		if !errors.Is(err, want) || errors.Is(err, es.ErrUnavailable) != errors.Is(want, es.ErrUnavailable) {
			t.Errorf("%s: %v, want %v", call, err, want)
		}
	}
}

// dump is all that the database holds.
func (c cache) dump(t *testing.T) string {
	t.Helper()
	keys, err := c.client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	var all strings.Builder
	for _, key := range keys {
		one, err := c.client.Dump(t.Context(), key).Result()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s: %q\n", key, one)
	}
	return all.String()
}

// fill saves a document, and parks another stream.
func (c cache) fill(t *testing.T) {
	t.Helper()
	saved := c.move(t.Context(), "a", 0, 1)
	parked := c.Park(t.Context(), gen, visitID("p"), projection.Checkpoint{}, projection.Parked{Version: 1})
	if err := errors.Join(saved, parked); err != nil {
		t.Fatal(err)
	}
}

// TestServerThatCannotBeReached: a server that refuses connections, or does not answer, is an outage. The end of the
// caller's context is none.
func TestServerThatCannotBeReached(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	open := func(l net.Listener, timeout time.Duration) cache {
		client := redis.NewClient(&redis.Options{
			Addr: l.Addr().String(), ReadTimeout: timeout, MaxRetries: -1, DialerRetries: 1,
			ContextTimeoutEnabled: true,
		})
		t.Cleanup(func() { _ = client.Close() })
		return cache{cacheview.New(client, visits, cacheview.Config{}), client}
	}
	wantAll(t, open(gone, time.Minute).calls(t.Context()), es.ErrUnavailable)
	wantAll(t, open(hole, 20*time.Millisecond).calls(t.Context()), es.ErrUnavailable)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	wantAll(t, open(hole, time.Minute).calls(ctx), context.DeadlineExceeded)
	wantAll(t, open(hole, time.Minute).calls(overdue{t.Context()}), context.DeadlineExceeded)
}

// overdue is a context whose time is over, although it has not ended yet.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// TestOutOfMemory: a server that is out of memory is an outage. Nothing is half written, readers read, and a generation
// can be dropped.
//
//nolint:paralleltest // all tests share the server that it changes
func TestOutOfMemory(t *testing.T) {
	c := prepared(t)
	c.fill(t)
	before := c.dump(t)
	limit := func(bytes string) {
		t.Helper()
		if err := c.client.ConfigSet(context.Background(), "maxmemory", bytes).Err(); err != nil {
			t.Fatal(err)
		}
	}
	defer limit("0")
	limit("1")
	errs := c.calls(t.Context())
	for _, call := range []string{"checkpoints", "rows", "parked", "keys", "list"} {
		if errs[call] != nil {
			t.Errorf("%s: %v", call, errs[call])
		}
		delete(errs, call)
	}
	wantAll(t, errs, es.ErrUnavailable)
	limit("0")
	if after := c.dump(t); after != before {
		t.Errorf("it holds\n%s\nwant what it held before:\n%s", after, before)
	}
	limit("1")
	if err := c.Drop(t.Context(), gen); err != nil {
		t.Errorf("drop: %v", err)
	}
	limit("0")
	wantAll(t, c.calls(t.Context()), projection.ErrLost)
}

// TestScriptsThatAreForgotten: a server that was restarted has no scripts.
func TestScriptsThatAreForgotten(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	for version := range int64(3) {
		if err := c.client.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.move(t.Context(), "a", version, version+1); err != nil {
			t.Error(err)
		}
	}
}

// TestKeysOfOthers: something else has written one of the keys. That is an outage of this projection, which holds up no
// other one, and nothing is half written.
func TestKeysOfOthers(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	c.fill(t)
	keys, err := c.client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 9 {
		t.Fatalf("keys %q, %v, want 9", keys, err)
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, "annals:{visits:1}:") {
			t.Errorf("key %s lacks the hash tag", key)
		}
		const aside = "aside"
		moved, set := c.client.Rename(t.Context(), key, aside).Err(), c.client.Set(t.Context(), key, "x", 0).Err()
		if err := errors.Join(moved, set); err != nil {
			t.Fatal(err)
		}
		before := c.dump(t)
		wantAll(t, c.calls(t.Context()), es.ErrUnavailable)
		if after := c.dump(t); after != before {
			t.Errorf("with another %s it holds\n%s\nwant what it held before:\n%s", key, after, before)
		}
		if err := c.client.Rename(t.Context(), aside, key).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for call, err := range c.calls(t.Context()) {
		if err != nil && call != "park" { // which is stale after the save
			t.Errorf("%s, when all keys are back: %v", call, err)
		}
	}
}

// TestEvictedKeys: a generation of which the server has evicted one key is lost. Prepared again, it is empty.
func TestEvictedKeys(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	empty := c.dump(t)
	keys, err := c.client.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		c.fill(t)
		if err := c.client.Del(t.Context(), key).Err(); err != nil {
			t.Fatal(err)
		}
		before := c.dump(t)
		wantAll(t, c.calls(t.Context()), projection.ErrLost)
		if after := c.dump(t); after != before {
			t.Errorf("without %s it holds\n%s\nwant what it held before:\n%s", key, after, before)
		}
		if err := c.Prepare(t.Context(), gen); err != nil {
			t.Fatal(err)
		}
		if after := c.dump(t); after != empty {
			t.Errorf("prepared again without %s it holds\n%s\nwant\n%s", key, after, empty)
		}
	}
}

// TestLostWhileListed: a list, of which one page was read, is not taken for whole.
func TestLostWhileListed(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	for i := range 5 {
		if err := c.move(t.Context(), fmt.Sprint(i), 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	rows, failed := 0, error(nil)
	l := projection.Listing{Kind: projection.IndexedRow, Partition: "all", PageSize: 2}
	for _, err := range c.List(t.Context(), gen, l) {
		if failed = err; err != nil {
			break
		}
		if rows++; rows == 1 {
			if err := c.Lose(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if rows != 2 || !errors.Is(failed, projection.ErrLost) {
		t.Errorf("%d rows, then %v, want 2, then ErrLost", rows, failed)
	}
}

// TestDroppedStaysDropped: nothing brings a generation back that was dropped, whether it was there or not.
func TestDroppedStaysDropped(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	c.fill(t)
	for _, g := range []projection.Generation{gen, 2} {
		if err := c.Drop(t.Context(), g); err != nil {
			t.Fatal(err)
		}
		if err := c.Prepare(t.Context(), g); err == nil {
			t.Errorf("generation %d was prepared after it was dropped, want an error", g)
		}
	}
	wantAll(t, c.calls(t.Context()), projection.ErrLost)
	keys, err := c.client.Keys(t.Context(), "*").Result()
	slices.Sort(keys)
	want := []string{"annals:{visits:1}:dropped", "annals:{visits:2}:dropped"}
	if err != nil || !slices.Equal(keys, want) {
		t.Errorf("keys %q, %v, want %q", keys, err, want)
	}
}

// TestParkedAsOthersKnow: a process that knows a parked stream's epoch, but not that it is parked, can't save. The
// versions that were seen are compared as numbers.
func TestParkedAsOthersKnow(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	c.fill(t)
	prev := projection.Checkpoint{}.Raised(1)
	move := projection.CheckpointUpdate{Stream: visitID("p"), Prev: prev, Next: projection.Checkpoint{Version: 1}}
	if err := c.Save(t.Context(), gen, []projection.CheckpointUpdate{move}, nil); !errors.Is(err, projection.ErrStale) {
		t.Errorf("save: %v, want ErrStale", err)
	}
	highest := int64(0)
	for _, version := range []int64{9, 10, 9, 1<<62 + 1, 1 << 62, 99} {
		highest = max(highest, version)
		if err := c.Seen(t.Context(), gen, visitID("p"), version); err != nil {
			t.Fatal(err)
		}
		for p, err := range c.Parked(t.Context(), gen) {
			if err != nil || p.Seen != highest {
				t.Errorf("seen %d, %v, want %d", p.Seen, err, highest)
			}
		}
	}
}

// TestSumsAtTheLimits: a sum can be too large or too small, although its parts are not.
func TestSumsAtTheLimits(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	for i, test := range []struct {
		a, b   string
		stored bool
	}{
		{"9" + strings.Repeat("0", 125), "9" + strings.Repeat("0", 125), false},
		{"4" + strings.Repeat("0", 125), "-9" + strings.Repeat("0", 125), true},
		{"0." + strings.Repeat("0", 129) + "13", "-0." + strings.Repeat("0", 129) + "1", false},
		{"0." + strings.Repeat("0", 129) + "13", "-0." + strings.Repeat("0", 129) + "3", true},
	} {
		update := projection.CheckpointUpdate{Stream: visitID(fmt.Sprint(i))}
		key := projection.Key{Partition: "sums", Sort: fmt.Sprint(i)}
		sum := projection.Int(0)
		var err error
		for _, text := range []string{test.a, test.b} {
			n, malformed := projection.Decimal(text)
			if err != nil || malformed != nil {
				t.Fatal(err, malformed)
			}
			sum = sum.Plus(n)
			update.Prev, update.Next.Version = update.Next, update.Next.Version+1
			row := projection.Write{Kind: projection.Add, Key: key, Counters: map[string]projection.Number{"n": n}}
			err = c.Save(t.Context(), gen, []projection.CheckpointUpdate{update}, []projection.Write{row})
		}
		refused := errors.Is(err, projection.ErrTooLarge)
		if sum.Storable() != test.stored || test.stored != (err == nil) || test.stored == refused {
			t.Errorf("%s + %s: %v, want that it is stored: %t", test.a, test.b, err, test.stored)
		}
	}
}

// TestSums: sums are those of [projection.Number], and what it can't store is refused.
func TestSums(t *testing.T) {
	t.Parallel()
	c := prepared(t)
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() projection.Number {
		text := fmt.Sprintf("%019d%019d", rng.Int64(), rng.Int64())[:1+rng.IntN(38)]
		switch rng.IntN(4) {
		case 0:
			text += strings.Repeat("0", rng.IntN(90))
		case 1:
			text = "0." + strings.Repeat("0", rng.IntN(130)) + text
		case 2:
			point := rng.IntN(len(text)) + 1
			text = text[:point] + "." + text[point:] + "0"
		}
		if rng.IntN(2) == 0 {
			text = "-" + text
		}
		n, err := projection.Decimal(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	refused, version := 0, int64(0)
	for i := range 1000 {
		a, b := random(), random()
		if i%3 == 0 { // close to each other
			b = a.Negative().Plus(projection.Int(rng.Int64N(3) - 1))
		}
		if !a.Storable() || !b.Storable() {
			continue
		}
		counter := func(n projection.Number) projection.Write {
			return projection.Write{
				Kind: projection.Add, Key: projection.Key{Partition: "sums", Sort: fmt.Sprint(i)},
				Counters: map[string]projection.Number{"n": n},
			}
		}
		save := func(w projection.Write) error {
			next := projection.CheckpointUpdate{
				Stream: visitID("a"), Prev: projection.Checkpoint{Version: version},
				Next: projection.Checkpoint{Version: version + 1},
			}
			err := c.Save(t.Context(), gen, []projection.CheckpointUpdate{next}, []projection.Write{w})
			if err == nil {
				version++
			}
			return err
		}
		if err := save(counter(a)); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		want := a.Plus(b)
		err := save(counter(b))
		if !want.Storable() {
			refused++
			if !errors.Is(err, projection.ErrTooLarge) {
				t.Errorf("%s + %s: %v, want ErrTooLarge", a, b, err)
			}
			continue
		}
		key := projection.RowKey{Key: counter(a).Key, Kind: projection.SharedRow}
		rows, failed := c.Rows(t.Context(), gen, key)
		if got := rows[key].Counters["n"]; err != nil || failed != nil || !got.Equal(want) {
			t.Errorf("%s + %s: %s, %v, %v, want %s", a, b, got, err, failed, want)
		}
	}
	if refused == 0 || version < 1000 {
		t.Errorf("%d sums refused, %d saved, want some of each", refused, version)
	}
}
