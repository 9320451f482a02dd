package readmodel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// TestNoKeyIsPersonal: who can decrypt no personal data makes rows with the same keys and counters, and other documents.
func TestNoKeyIsPersonal(t *testing.T) {
	t.Parallel()
	w := newStore()
	create(t, w, w.accounts, "a", func() ([]account.Event, error) {
		return account.Open("a", "Ann Archer", "ann@example.com", usd("7"))
	})
	create(t, w, w.products, "tea", func() ([]product.Event, error) { return product.List("tea", "Tea", usd("4.50")) })
	w.live(t, "1", "ann", []order.Item{item("tea", 2, "4.50")})
	place(t, w, "1")
	do(t, w.orders, "1", pay("9"))
	do(t, w.orders, "1", ship)
	blind, err := personal.NewStore(w.store.Store, memkeys.New(), personal.Config{ErasedWithoutKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	seen, all := folded(t, w.store, w.streams)
	unseen, erased := folded(t, blind, w.streams)
	if !slices.Equal(seen, unseen) {
		t.Errorf("keys and counters with personal data:\n%s\nand without:\n%s", strings.Join(seen, "\n"), strings.Join(unseen, "\n"))
	}
	if !strings.Contains(all, "Archer") || strings.Contains(erased, "Archer") {
		t.Errorf("documents with personal data:\n%s\nand without:\n%s", all, erased)
	}
}

// folded returns the keys of all rows with their counters, and the documents, after streams were folded.
func folded(t *testing.T, store es.Store, streams []es.StreamID) (keys []string, documents string) {
	t.Helper()
	views := map[string]*memview.View{}
	subscriptions := shop.New().On().Subscriptions(func(name string) projection.View {
		views[name] = memview.New()
		return views[name]
	})
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{}, subscriptions...)
	for _, stream := range streams {
		if err := engine.CatchUp(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	for name, view := range views {
		for key, err := range view.Keys(t.Context(), 1) {
			if err != nil {
				t.Fatal(err)
			}
			rows, err := view.Rows(t.Context(), 1, key)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, fmt.Sprint(name, " ", key, " ", rows[key].Counters))
		}
		at, err := view.Checkpoints(t.Context(), 1, streams...)
		if err != nil {
			t.Fatal(err)
		}
		for stream, cp := range at {
			fmt.Fprintf(&text, "%s %s\n", stream, cp.State)
		}
	}
	slices.Sort(keys)
	return keys, text.String()
}
