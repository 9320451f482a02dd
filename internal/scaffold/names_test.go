package scaffold_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/scaffold"
)

func TestNamesOf(t *testing.T) {
	t.Parallel()
	for typ, want := range map[string]string{
		"Invoice":   "Invoices invoice invoice invoices an invoice, invoices /invoices",
		"GiftCard":  "GiftCards giftcard giftCard giftCards a gift card, gift cards /gift-cards",
		"Category":  "Categories category category categories a category, categories /categories",
		"Day":       "Days day day days a day, days /days",
		"Box":       "Boxes box box boxes a box, boxes /boxes",
		"gift-card": "GiftCards giftcard giftCard giftCards a gift card, gift cards /gift-cards",
		"Level2":    "Level2s level2 level2 level2s a level2, level2s /level2s",
	} {
		n, err := scaffold.NamesOf(typ, "")
		got := strings.Join([]string{n.Types, n.Package, n.Var, n.Vars, n.A, n.Words + ",", n.Many, "/" + n.Kebabs}, " ")
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", typ, got, err, want)
		}
	}
	if n, err := scaffold.NamesOf("Person", "People"); err != nil || n.Types != "People" || n.Kebabs != "people" {
		t.Errorf("%+v, %v", n, err)
	}
	for _, bad := range [][2]string{
		{"Gift-Card", ""}, {"gift--card", ""}, {"-card", ""}, {"card-2", ""}, {"giftCard", ""},
		{"Gift Card", ""}, {"../X", ""}, {"", ""}, {"SKU", ""}, {"Rechnüng", ""},
		{"func", ""}, {"Type", ""}, {"Internal", ""}, {"Time", ""}, {"Es", ""}, {"Functions", ""},
		{"Sheep", "Sheep"}, {"order-test", ""},
		{strings.Repeat("x", 41), ""},
	} {
		if n, err := scaffold.AggregateNamesOf(bad[0], bad[1]); err == nil {
			t.Errorf("%q is taken: %+v", bad, n)
		}
	}
}
