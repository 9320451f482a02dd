package check

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// bySearch are the subjects that the service answers by a search.
func (c *Checker) bySearch() []subject {
	known := map[string]expect.Order{}
	for _, o := range c.Want.Orders {
		known[o.ID] = o
	}
	var all []subject
	for _, want := range c.Want.Searches {
		all = append(all, subject{"search " + strconv.Quote(want.Words), func(ctx context.Context, s *sheet) error {
			return c.search(ctx, s, want, known)
		}})
	}
	return all
}

// search compares what a search finds, page by page. Orders that only the service has are foreign.
func (c *Checker) search(ctx context.Context, s *sheet, want expect.Search, known map[string]expect.Order) error {
	type found struct {
		OrderID string
		Total   money
		Found   []struct{ HTML string }
	}
	var ids []string
	var total, expected expect.Cents
	marked := true // each order says where the words were found
	for o, err := range client.List[found](ctx, c.Client, "/orders/search", url.Values{"q": {want.Words}, "limit": {"100"}}) {
		if err != nil {
			return err
		}
		if _, is := known[o.OrderID]; !is {
			s.foreign = append(s.foreign, "order "+o.OrderID)
			continue
		}
		ids = append(ids, o.OrderID)
		cents, err := expect.ParseCents(o.Total.Amount)
		if err != nil {
			return err
		}
		total += cents
		marked = marked && len(o.Found) > 0 && strings.Contains(o.Found[0].HTML, "<em>")
	}
	slices.Sort(ids)
	wanted := make([]string, len(want.Orders))
	for i, o := range want.Orders {
		wanted[i] = o.ID
		expected += o.Total
	}
	s.text("orders", strings.Join(wanted, " "), strings.Join(ids, " "))
	s.text("total", expected.String(), total.String())
	s.text("words marked", "true", strconv.FormatBool(marked))
	return nil
}
