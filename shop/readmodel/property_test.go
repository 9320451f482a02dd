package readmodel_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// checks is how many histories are tried with each read model, unless -rapid.checks says otherwise.
const checks = "12"

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", checks); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// TestAnySchedule: a random history is delivered in a random way: duplicated, reordered, with gaps, without the last
// commit of a stream; to two engines at once; with so small a budget that streams are left to the queue, whose jobs run
// in any order. Once the queue is empty, and streams that lost their last event are caught up, DynamoDB holds what a
// plain fold in order makes in memory.
func TestAnySchedule(t *testing.T) {
	t.Parallel()
	models, _ := newModels(t, memstore.New()) // no test reads through a session
	for _, sub := range models.Subscriptions {
		t.Run(sub.Projection.Name(), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(r *rapid.T) {
				defer func() { // the next history, and the next attempt to shrink this one, find an empty table
					if err := sub.View.Drop(context.Background(), 1); err != nil {
						t.Error(err)
					}
				}()
				past := drawHistory(t, r)
				s := newSchedule(past, models.catalog, sub)
				s.deliver(r)
				s.level(t, r)
				if diff := gocmp.Diff(past.dump(t, past.plain(t, sub.Projection)), past.dump(t, sub.View)); diff != "" {
					r.Fatalf("rows (-plain +got):\n%s", diff)
				}
			})
		})
	}
}

// past is a history, in the order in which it was recorded.
type past struct {
	*world
	commits []es.Commit
	heads   map[es.StreamID]int64
}

// drawHistory takes aggregates through random steps; the rules refuse some.
func drawHistory(t *testing.T, r *rapid.T) *past {
	t.Helper()
	w := newStore()
	for i := range 2 {
		id := fmt.Sprint(i)
		create(t, w, w.orders, id, func() ([]order.Event, error) { return order.Create(id, "customer", nil) })
		create(t, w, w.products, id, func() ([]product.Event, error) { return product.List(id, id, usd("2.00")) })
		create(t, w, w.accounts, id, func() ([]account.Event, error) { return account.Open(id, id, "", usd("5.00")) })
	}
	steps := w.steps(t)
	names := slices.Sorted(maps.Keys(steps))
	for range rapid.IntRange(5, 40).Draw(r, "steps") {
		id := rapid.SampledFrom([]string{"0", "1"}).Draw(r, "id")
		_ = steps[rapid.SampledFrom(names).Draw(r, "step")](id, rapid.IntRange(1, 3).Draw(r, "n")) // or a rule refuses it
	}
	p := &past{world: w, commits: w.commits(t), heads: map[es.StreamID]int64{}}
	for _, c := range p.commits {
		p.heads[c.Stream] = c.LastVersion()
	}
	return p
}

// steps are the possible steps of an aggregate.
func (w *world) steps(t *testing.T) map[string]func(id string, n int) error {
	t.Helper()
	ctx := t.Context()
	onOrder := func(id string, do func(order.State) ([]order.Event, error)) error {
		_, err := w.orders.Execute(ctx, id, byAnn, do)
		return err
	}
	onProduct := func(id string, do func(product.State) ([]product.Event, error)) error {
		_, err := w.products.Execute(ctx, id, byAnn, do)
		return err
	}
	onAccount := func(id string, do func(account.State) ([]account.Event, error)) error {
		_, err := w.accounts.Execute(ctx, id, byAnn, do)
		return err
	}
	return map[string]func(id string, n int) error{
		"add item": func(id string, n int) error {
			return onOrder(id, func(s order.State) ([]order.Event, error) {
				return s.AddItem(item(fmt.Sprint(n), n, fmt.Sprint(n, ".25")))
			})
		},
		"remove item": func(id string, n int) error {
			return onOrder(id, func(s order.State) ([]order.Event, error) { return s.RemoveItem(fmt.Sprint(n)) })
		},
		"place": func(id string, _ int) error {
			_ = onOrder(id, func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) })
			return onOrder(id, order.State.Place)
		},
		"pay": func(id string, _ int) error {
			return onOrder(id, func(s order.State) ([]order.Event, error) { return s.ReceivePayment("all", s.Total) })
		},
		"flag short": func(id string, n int) error {
			return onOrder(id, func(s order.State) ([]order.Event, error) { return s.FlagShort([]string{fmt.Sprint(n)}), nil })
		},
		"ship":    func(id string, _ int) error { return onOrder(id, ship) },
		"deliver": func(id string, _ int) error { return onOrder(id, order.State.Deliver) },
		"cancel":  func(id string, _ int) error { return onOrder(id, order.State.Cancel) },
		"receive stock": func(id string, n int) error {
			return onProduct(id, func(s product.State) ([]product.Event, error) { return s.ReceiveStock(n) })
		},
		"change price": func(id string, n int) error {
			return onProduct(id, func(s product.State) ([]product.Event, error) {
				return s.ChangePrice(usd(fmt.Sprint(n, ".10")))
			})
		},
		"reserve": func(id string, n int) error {
			return onProduct(id, func(s product.State) ([]product.Event, error) { return s.Reserve(fmt.Sprint("order", n), n) })
		},
		"deposit": func(id string, n int) error {
			return onAccount(id, func(s account.State) ([]account.Event, error) {
				return s.Deposit(usd(fmt.Sprint(n, ".05")), "")
			})
		},
		"withdraw": func(id string, n int) error {
			return onAccount(id, func(s account.State) ([]account.Event, error) {
				return s.Withdraw(usd(fmt.Sprint(n, ".05")), "")
			})
		},
		"transfer": func(id string, n int) error {
			_, err := w.accounts.ExecuteTx(ctx, id, byAnn, func(tx *es.Tx, from account.State) ([]account.Event, error) {
				to, err := w.accounts.Get(tx, map[string]string{"0": "1", "1": "0"}[id])
				if err != nil {
					return nil, err
				}
				onFrom, onTo, err := account.Transfer(from, to.State, usd(fmt.Sprint(n, ".00")), "")
				if err == nil {
					to.Record(onTo...)
				}
				return onFrom, err
			})
			return err
		},
		"close": func(id string, _ int) error { return onAccount(id, account.State.Close) },
	}
}

// schedule delivers a history to two engines, which share a table and a queue, and have separate caches.
type schedule struct {
	*past
	sub     projection.Subscription
	engines [2]*projection.Engine
	jobs    *jobs
}

func newSchedule(p *past, catalog projection.Catalog, sub projection.Subscription) *schedule {
	s := &schedule{past: p, sub: sub, jobs: &jobs{}}
	for i := range s.engines {
		s.engines[i] = projection.NewEngine(p.store, catalog, projection.Config{
			Queue: s.jobs, Budget: 2, Log: slog.New(slog.DiscardHandler),
		}, sub)
	}
	return s
}

// deliver gives batches to the engines, to one or to both at once.
func (s *schedule) deliver(r *rapid.T) {
	index := rapid.IntRange(0, len(s.commits)-1)
	for range rapid.IntRange(0, 12).Draw(r, "batches") {
		var wg sync.WaitGroup
		for _, e := range s.engines[:rapid.IntRange(1, 2).Draw(r, "engines")] {
			var batch []es.Commit
			for _, i := range rapid.SliceOfN(index, 1, 8).Draw(r, "batch") {
				batch = append(batch, s.commits[i])
			}
			wg.Go(func() {
				for stream, err := range e.Apply(context.Background(), batch) {
					r.Errorf("%s: %v", stream, err)
				}
			})
		}
		wg.Wait()
		if rapid.Bool().Draw(r, "a job now") {
			s.do(r, s.jobs.take(1))
		}
		s.engines[0], s.engines[1] = s.engines[1], s.engines[0]
	}
}

// level empties the queue, and catches up the streams whose last event was lost.
func (s *schedule) level(t *testing.T, r *rapid.T) {
	t.Helper()
	for all := s.jobs.take(-1); len(all) > 0; all = s.jobs.take(-1) {
		s.do(r, rapid.Permutation(all).Draw(r, "jobs"))
	}
	at, err := s.sub.View.Checkpoints(t.Context(), 1, slices.Collect(maps.Keys(s.heads))...)
	if err != nil {
		t.Fatal(err)
	}
	for stream, head := range s.heads {
		if at[stream].Version < head {
			s.do(r, []projection.Job{{Task: projection.CatchUp, Stream: stream}})
		}
		if at[stream].Behind {
			r.Errorf("%s is behind, but no job asks for a catch-up", stream)
		}
	}
	s.toHeads(t, s.sub.Projection, s.sub.View)
}

// do runs jobs. Only catch-ups run: the history is not filled, so that missing events show.
func (s *schedule) do(r *rapid.T, all []projection.Job) {
	for _, j := range all {
		if j.Task != projection.CatchUp {
			continue
		}
		do := s.engines[0].CatchUp
		if j.Retry {
			do = s.engines[0].RetryStream
		}
		var names []string // none: all
		if j.Projection != "" {
			names = []string{j.Projection}
		}
		if err := do(context.Background(), j.Stream, names...); err != nil {
			r.Errorf("%s: %v", j.Stream, err)
		}
	}
}

// jobs is a queue.
type jobs struct {
	mu  sync.Mutex
	all []projection.Job
}

// Enqueue implements [projection.Queue].
func (q *jobs) Enqueue(_ context.Context, _ time.Duration, all ...projection.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.all = append(q.all, all...)
	return nil
}

// take returns a number of jobs from the queue; negative = all.
func (q *jobs) take(n int) []projection.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n < 0 || n > len(q.all) {
		n = len(q.all)
	}
	taken := q.all[:n]
	q.all = slices.Clone(q.all[n:])
	return taken
}

// plain folds the history in order, each commit once, in memory.
func (p *past) plain(t *testing.T, of projection.Projection) projection.View {
	t.Helper()
	view := memview.New(memview.Config{})
	e := projection.NewEngine(p.store, memview.NewCatalog(), projection.Config{CacheSize: -1}, projection.Subscription{
		Projection: of, View: view,
	})
	for _, c := range p.commits {
		if failed := e.Apply(t.Context(), []es.Commit{c}); len(failed) > 0 {
			t.Fatal(failed)
		}
	}
	p.toHeads(t, of, view)
	return view
}

// toHeads sets all checkpoints to the heads of their streams. Engines that skipped unconcerned commits do not do that.
func (p *past) toHeads(t *testing.T, of projection.Projection, view projection.View) {
	t.Helper()
	forgetful := projection.NewEngine(p.store, memview.NewCatalog(), projection.Config{CacheSize: -1},
		projection.Subscription{Projection: of, View: view})
	for stream := range p.heads {
		if err := forgetful.CatchUp(t.Context(), stream, of.Name()); err != nil {
			t.Fatal(err)
		}
	}
}

// dump writes everything in a view as text.
func (p *past) dump(t *testing.T, v projection.View) map[string]string {
	t.Helper()
	out := map[string]string{}
	at, err := v.Checkpoints(t.Context(), 1, slices.Collect(maps.Keys(p.heads))...)
	if err != nil {
		t.Fatal(err)
	}
	for stream, cp := range at {
		out[stream.String()] = fmt.Sprintf("version %d %x, done %d, appended %d, behind %v, parked %v: %s, in %s",
			cp.Version, cp.Hash, cp.RowsWritten, cp.Appended, cp.Behind, cp.Parked, cp.State, cp.Slots)
	}
	var keys []projection.RowKey
	for key, err := range v.Keys(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	rows, err := v.Rows(t.Context(), 1, keys...)
	if err != nil {
		t.Fatal(err)
	}
	for key, row := range rows {
		name := key.Partition + " / " + key.Sort
		if _, id, _ := strings.Cut(key.Sort, "|"); key.Kind == projection.AppendedRow {
			stream, err := es.ParseStreamID(id)
			if err != nil {
				t.Fatal(err)
			}
			if !at[stream].Shows(projection.AppendRow{Key: key.Key, Epoch: row.Epoch, Row: row.Row}) {
				continue // a crashed attempt left it
			}
		}
		if key.Kind != projection.SharedRow {
			out[name] = string(row.Row)
		}
		for counter, n := range row.Counters {
			hundredths, _ := projection.Decimal("0.00") // DynamoDB writes 1.50 as 1.5
			out[name+" / "+counter] = n.Plus(hundredths).String()
		}
	}
	return out
}
