package check

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
	"github.com/annals-es/annals/test/northwind/internal/expect"
)

// orderList is a query for a list of orders, and its expected orders.
type orderList struct {
	path  string
	query url.Values
	want  []expect.Order
	later func(day, before time.Time) bool // reports whether an order of day may follow one of before
}

func oldestFirst(day, before time.Time) bool { return !day.Before(before) }
func newestFirst(day, before time.Time) bool { return !day.After(before) }

// orders reads a list to its end. It must have each expected order once, with the right figures, no others, and sorted.
// Orders of one day may come in any order.
func (c *Checker) orders(ctx context.Context, s *sheet, list orderList) error {
	want, times := map[string]expect.Order{}, map[string]int{}
	for _, o := range list.want {
		want[o.ID] = o
	}
	var last expect.Order
	for got, err := range client.List[summary](ctx, c.Client, list.path, list.query) {
		if err != nil {
			return err
		}
		o, here := want[got.OrderID]
		switch {
		case here:
			times[o.ID]++
			got.compare(s, "order "+o.ID+" ", o)
			if last.ID != "" {
				s.figures++
				if !list.later(o.Ordered, last.Ordered) {
					s.differences = append(s.differences, Difference{
						What: fmt.Sprintf("%s: order %s after order %s", s.subject, o.ID, last.ID), Want: "the other way round",
						Got: fmt.Sprintf("%s after %s", o.Ordered.Format(time.DateOnly), last.Ordered.Format(time.DateOnly)),
					})
				}
			}
			last = o
		case c.imported()[got.OrderID]:
			s.text("order "+got.OrderID, "not listed", "listed")
		default:
			s.foreign = append(s.foreign, "order "+got.OrderID)
		}
	}
	for _, o := range list.want {
		s.text("order "+o.ID, "listed once", spellTimes(times[o.ID]))
	}
	return nil
}

// imported returns the ids of the orders in the files.
func (c *Checker) imported() map[string]bool {
	ids := make(map[string]bool, len(c.Want.Orders))
	for _, o := range c.Want.Orders {
		ids[o.ID] = true
	}
	return ids
}

func spellTimes(n int) string {
	switch n {
	case 0:
		return "not listed"
	case 1:
		return "listed once"
	default:
		return fmt.Sprintf("listed %d times", n)
	}
}
