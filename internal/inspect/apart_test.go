package inspect_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// gone is a view whose store does not answer.
type gone struct{ projection.View }

var errGone = errors.New("no answer")

func (gone) Checkpoints(
	context.Context, projection.Generation, ...es.StreamID,
) (map[es.StreamID]projection.Checkpoint, error) {
	return nil, errGone
}

func (gone) Parked(context.Context, projection.Generation) iter.Seq2[projection.ParkedStream, error] {
	return func(yield func(projection.ParkedStream, error) bool) { yield(projection.ParkedStream{}, errGone) }
}

// reading describes a projection that reads streams of these types.
func reading(name string, types ...string) projection.Description {
	reads := map[string][]projection.EventType{}
	for _, t := range types {
		reads[t] = nil
	}
	return projection.Description{Name: name, Folds: []projection.FoldDescription{{Version: 1, Reads: reads}}}
}

// TestApart: a read model whose store does not answer is shown with the reason, and the others as they are.
func TestApart(t *testing.T) {
	t.Parallel()
	near, stream := memview.New(), es.StreamID{Type: "Order", ID: "o"}
	catalog, cfg := memview.NewCatalog(), projection.Config{Log: slog.New(slog.DiscardHandler)}
	why := projection.Parked{Reason: projection.Failed, Version: 1}
	if err := near.Park(t.Context(), 1, stream, projection.Checkpoint{}, why); err != nil {
		t.Fatal(err)
	}
	models := projection.NewEngine(memstore.New(), catalog, cfg,
		reading("orders", "Order").Subscription(near), reading("sales").Subscription(gone{}))
	sales := projection.NewEngine(memstore.New(), catalog, cfg,
		reading("orders").Subscription(near), reading("sales", "Order").Subscription(gone{}))
	i := inspect.New(nil, inspect.Config{
		Engines: []*projection.Engine{models}, Apart: []inspect.Apart{{Name: "sales", Store: "sql", Engine: sales}},
	})
	all, err := i.Projections(t.Context())
	if err != nil || len(all) != 2 {
		t.Fatalf("projections %+v, %v; want two", all, err)
	}
	if orders := all[0]; orders.Name != "orders" || orders.Generations[0].Parked != 1 ||
		orders.Store+orders.Unread != "" {
		t.Errorf("orders: %+v, want a parked stream, and that it is read", orders)
	}
	if sales := all[1]; sales.Name != "sales" || sales.Store != "sql" || sales.Unread != errGone.Error() {
		t.Errorf("sales: %+v, want its store and why it is not read", sales)
	}
	want := []inspect.Applied{{Projection: "orders", Generation: 1, Status: projection.Serving, Parked: &why}}
	applied, err := i.AppliedOnDynamoDB(t.Context(), stream, 1)
	if diff := cmp.Diff(want, applied); err != nil || diff != "" {
		t.Errorf("applied on DynamoDB: %v, differences (-want +got):\n%s", err, diff)
	}
	applied, err = i.Applied(t.Context(), stream, 1)
	if err != nil || len(applied) != 2 || applied[1].Projection != "sales" || applied[1].Store != "sql" ||
		applied[1].Unread == "" {
		t.Errorf("applied: %+v, %v; want sales with why it is not read", applied, err)
	}
	other := es.StreamID{Type: "Other", ID: "o"}
	if applied, err := i.Applied(t.Context(), other, 1); err != nil || len(applied) != 0 {
		t.Errorf("applied of a stream that nothing reads: %+v, %v; want none", applied, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.Applied(ended, stream, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("applied with a context that has ended: %v, want its error", err)
	}
}
