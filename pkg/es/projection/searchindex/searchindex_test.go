package searchindex_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection/searchindex"
)

type order struct {
	Customer string
	ShipTo   struct {
		City string `json:"city"`
	} `json:"shipTo"`
	Lines []struct {
		Product string `json:"product"`
	} `json:"lines"`
}

func ExampleDocuments() {
	index := searchindex.Documents[order](
		searchindex.Text("Customer"), searchindex.Keyword("shipTo.city"), searchindex.Text("lines.product").By("english"))
	fmt.Println(index.Check())
	// Output: <nil>
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	text, keyword := searchindex.Text("Customer"), searchindex.Keyword("Customer")
	for _, test := range []struct {
		fields []searchindex.Field
		want   string
	}{
		{[]searchindex.Field{text, keyword}, ""},
		{[]searchindex.Field{keyword, text.By("english")}, ""},
		{nil, ""},
		{[]searchindex.Field{text, text}, "field Customer is declared twice"},
		{[]searchindex.Field{text, searchindex.Integer("Customer")}, "field Customer is declared twice"},
		{[]searchindex.Field{searchindex.Integer("Customer"), searchindex.Number("Customer")}, "field Customer is declared twice"},
		{[]searchindex.Field{keyword.By("english")}, "an analyzer is for text, not for keyword"},
		{[]searchindex.Field{searchindex.Text("shipTo.town")}, `has no field "town"`},
		{[]searchindex.Field{searchindex.Text("lines.price")}, `has no field "price"`},
		{[]searchindex.Field{searchindex.Instant("")}, "a date field has no path"},
	} {
		err := searchindex.Documents[order](test.fields...).Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("fields %v: %v, want %q", test.fields, err, test.want)
		}
	}
}
