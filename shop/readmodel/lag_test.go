package readmodel_test

import (
	"context"
	"iter"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
)

// lagging is a view whose lists over an index do not change.
type lagging struct {
	projection.View
	was map[projection.Listing][]projection.Listed // by slot and partition
}

// stop freezes lists over an index in these partitions.
func (l *lagging) stop(t *testing.T, slot int, partitions ...string) {
	t.Helper()
	for _, p := range partitions {
		at := projection.Listing{Kind: projection.IndexedRow, Slot: slot, Partition: p}
		l.was[at] = nil
		for row, err := range l.View.List(t.Context(), 1, at) {
			if err != nil {
				t.Fatal(err)
			}
			l.was[at] = append(l.was[at], row)
		}
	}
}

// List implements [projection.View].
func (l *lagging) List(
	ctx context.Context, g projection.Generation, q projection.Listing,
) iter.Seq2[projection.Listed, error] {
	was, stopped := l.was[projection.Listing{Kind: q.Kind, Slot: q.Slot, Partition: q.Partition}]
	if !stopped {
		return l.View.List(ctx, g, q)
	}
	rows := slices.Clone(was)
	if q.Descending {
		slices.Reverse(rows)
	}
	return func(yield func(projection.Listed, error) bool) {
		for _, row := range rows {
			after := row.Key.Sort > q.After
			if q.Descending {
				after = row.Key.Sort < q.After
			}
			if (q.After == "" || after) && !yield(row, nil) {
				return
			}
		}
	}
}

// TestListsShowWhatIsAwaited: an order that a caller waits for is at its new place in the lists at once, even if their
// indexes lag, and only once, whatever the page size.
func TestListsShowWhatIsAwaited(t *testing.T) {
	t.Parallel()
	w, view := newStore(), &lagging{was: map[projection.Listing][]projection.Listed{}}
	w.models = openModels(t, w.store, dynamotest.Client(t), newTables(t), nil,
		map[string]func(projection.View) projection.View{
			"orders": func(v projection.View) projection.View { view.View = v; return view },
		})
	w.engine = projection.NewEngine(w.store, w.models.catalog, projection.Config{}, w.models.Subscriptions...)
	one := []order.Item{item("tea", 1, "5.00")}
	for _, id := range []string{"1", "2", "3"} {
		w.live(t, id, "ann", one)
	}
	place(t, w, "1")
	place(t, w, "3")
	w.project(t)
	stop := func() {
		for i := range 8 {
			view.stop(t, 0, "active|"+string(rune('0'+i)))
		}
		view.stop(t, 1, "ann")
	}
	stop()
	second := order.Aggregate.Stream("2")
	// want checks both lists, with a page size, for a caller that waits for the second order.
	want := func(active, customers []string) {
		t.Helper()
		for limit := 1; limit <= 4; limit++ {
			got := map[string][]string{}
			for list, page := range map[string]func(pageOf) (orderPage, error){
				"active":    func(p pageOf) (orderPage, error) { return w.models.ActiveOrders(t.Context(), p) },
				"customers": func(p pageOf) (orderPage, error) { return w.models.CustomerOrders(t.Context(), "ann", p) },
			} {
				for p := (pageOf{Limit: limit, tokens: []es.StreamID{second}}); ; p.tokens = nil { // the cursor has them
					found, err := page(p)
					if err != nil {
						t.Fatal(err)
					}
					for _, o := range found.Items {
						got[list] = append(got[list], o.OrderID+" "+string(o.Status))
					}
					if p.Cursor = found.Next; found.Next == "" {
						break
					}
				}
			}
			if diff := gocmp.Diff(map[string][]string{"active": active, "customers": customers}, got); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
			}
		}
	}
	place(t, w, "2")
	w.project(t)
	want([]string{"1 placed", "3 placed", "2 placed"}, []string{"3 placed", "2 placed", "1 placed"})
	plain, err := w.models.ActiveOrders(t.Context(), pageOf{Limit: 10})
	if err != nil || len(plain.Items) != 2 {
		t.Errorf("the index does not lag: %+v, %v", plain, err)
	}
	stop() // with the order in it
	do(t, w.orders, "2", order.State.Cancel)
	w.project(t)
	want([]string{"1 placed", "3 placed"}, []string{"3 placed", "2 cancelled", "1 placed"})
}
