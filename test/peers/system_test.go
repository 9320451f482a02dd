package peers

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// system is one way to keep events on DynamoDB, on tables of its own.
type system interface {
	// add appends events to a stream as one commit. The process knows where the stream ends.
	add(ctx context.Context, stream string, events []deposited) error
	// load folds a stream, strongly consistent, without a snapshot.
	load(ctx context.Context, stream string) (ledger, error)
	// writer is a process that keeps a stream's state in memory. Each call appends an event, after however many conflicts.
	writer(tb testing.TB, stream string) func(context.Context) error
	// project keeps one row a stream, and brings the rows forward by batches of new commits, in order.
	project(ctx context.Context, batches [][]commit) error
}

// commit is what a projection is given: one event of a stream, as it is stored.
type commit struct {
	stream  string
	version int64
	data    []byte
}

// measuredSystem is a system whose requests are counted.
type measuredSystem struct {
	system
	name  string
	meter *dynamotest.Meter
}

// systems are all that can be measured, the bare SDK first: it is what the others are compared with.
func systems(tb testing.TB) []measuredSystem {
	tb.Helper()
	var all []measuredSystem
	for _, s := range []struct {
		name string
		open func(testing.TB, func() client) system
	}{
		{"bare SDK", newHand},
		{"Annals", newLibrary},
	} {
		meter := &dynamotest.Meter{}
		all = append(all, measuredSystem{
			name: s.name, meter: meter,
			system: s.open(tb, func() client { return dynamotest.Client(tb, meter.Metered) }),
		})
	}
	return all
}

// operation is something that every system does.
type operation struct {
	name string
	// each is how often a round of the benchmark does it; 0 if it is counted and not timed.
	each int
	// varies is true if requests and units differ from run to run.
	varies bool
	// prepare stores what is needed, and returns what is measured.
	prepare func(testing.TB, system) func(context.Context) error
}

const (
	writers   = 8
	contended = 400 // appends
	projected = 10_000
	inBatch   = 100
)

var operations = []operation{
	{name: "append 1 event", each: 200, prepare: adding(1)},
	{name: "append 100 events at once", each: 50, prepare: adding(100)},
	{name: "append 1 event, another writer was first", prepare: addingSecond},
	{name: "load 1 event", each: 200, prepare: loading(1, 0)},
	{name: "load 101 events of 20 KB", each: 5, prepare: loading(101, 20_000)},
	{name: "load 10,000 events", each: 2, prepare: loading(10_000, 0)},
	{name: "project 10,000 events", each: 1, prepare: projecting},
	{name: "400 appends to a stream by 8 writers", each: 1, varies: true, prepare: contending},
}

func adding(n int) func(testing.TB, system) func(context.Context) error {
	return func(tb testing.TB, s system) func(context.Context) error {
		tb.Helper()
		stream, batch := "adding "+strconv.Itoa(n), events(n, 0)
		if err := s.add(tb.Context(), stream, batch); err != nil {
			tb.Fatal(err)
		}
		return func(ctx context.Context) error { return s.add(ctx, stream, batch) }
	}
}

// addingSecond lets two writers append in turns, so that each finds that the other was first.
func addingSecond(tb testing.TB, s system) func(context.Context) error {
	tb.Helper()
	const stream = "in turns"
	if err := s.add(tb.Context(), stream, events(1, 0)); err != nil {
		tb.Fatal(err)
	}
	both, turn := []func(context.Context) error{s.writer(tb, stream), s.writer(tb, stream)}, 0
	next := func(ctx context.Context) error {
		turn++
		return both[turn%2](ctx)
	}
	for range both {
		if err := next(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	return next
}

func loading(n, bytes int) func(testing.TB, system) func(context.Context) error {
	return func(tb testing.TB, s system) func(context.Context) error {
		tb.Helper()
		stream, all, want := fmt.Sprintf("loading %d", n), events(n, bytes), ledger{}
		for i, e := range all {
			if err := s.add(tb.Context(), stream, all[i:i+1]); err != nil {
				tb.Fatal(err)
			}
			want.add(e)
		}
		return func(ctx context.Context) error {
			got, err := s.load(ctx, stream)
			if err == nil && got != want {
				err = fmt.Errorf("%d events are loaded, sum %d; want %d, sum %d", got.Count, got.Sum, want.Count, want.Sum)
			}
			return err
		}
	}
}

// projecting has 100 streams of 100 events each, in batches of two events of each of 50 streams. Each call has new
// streams.
func projecting(tb testing.TB, s system) func(context.Context) error {
	tb.Helper()
	const streams, each = 50, inBatch / 50
	all, call := encoded(tb, events(projected, 0)), 0
	return func(ctx context.Context) error {
		call++
		batches := make([][]commit, projected/inBatch)
		for b := range batches {
			for i := range inBatch {
				batches[b] = append(batches[b], commit{
					stream: fmt.Sprintf("%d of call %d", b%2*streams+i/each, call), version: int64(b/2*each + i%each + 1),
					data: all[b*inBatch+i],
				})
			}
		}
		return s.project(ctx, batches)
	}
}

// contending lets 8 writers append to a new stream until it has as many commits as wanted.
func contending(tb testing.TB, s system) func(context.Context) error {
	tb.Helper()
	call := 0
	return func(ctx context.Context) error {
		call++
		stream := fmt.Sprintf("contended %d", call)
		if err := s.add(ctx, stream, events(1, 0)); err != nil {
			return err
		}
		var (
			wg    sync.WaitGroup
			taken atomic.Int64
			errs  = make(chan error, writers)
		)
		for range writers {
			write := s.writer(tb, stream)
			wg.Go(func() {
				for taken.Add(1) <= contended {
					if err := write(ctx); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		wg.Wait()
		close(errs)
		return <-errs
	}
}
