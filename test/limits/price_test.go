package limits_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/annals-es/annals/test/limits"
	"github.com/annals-es/annals/test/measured"
)

const prices = "../../docs/costs.md"

func dollars(n float64) string { return "$" + limits.Figure(n) }

// TestPricePerMillion writes down what a million of each request costs.
func TestPricePerMillion(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"operation", "API:", "Lambda:", "write units:", "read units:", "a million:"}}
	routes := costs(t, "TestRouteCosts")
	for _, row := range measured.Read(t, performance, "TestRouteCosts") {
		bill := limits.Request(routes.Of(row[0]))
		table = append(table, []string{
			row[0], dollars(1e6 * bill.API), dollars(1e6 * bill.Lambda),
			dollars(1e6 * bill.Writes), dollars(1e6 * bill.Reads), dollars(1e6 * bill.Sum()),
		})
	}
	measured.Compare(t, prices, table)
}

// TestMonths writes down what a month costs.
func TestMonths(t *testing.T) {
	t.Parallel()
	table := measured.Table{{
		"commands a second", "commits a batch:", "API:", "Lambda:",
		"writes:", "reads:", "a month:", "storage, for each month kept:",
	}}
	for _, load := range []struct {
		commands float64
		full     bool
	}{{10, false}, {1000, true}, {100_000, true}} {
		bill := limits.Month(load.commands, load.full, costs(t, "TestRouteCosts"), costs(t, "TestProjectionCosts"))
		commits := "1"
		if load.full {
			commits = "100"
		}
		table = append(table, []string{
			limits.Figure(load.commands), commits, dollars(bill.API), dollars(bill.Lambda), dollars(bill.Writes),
			dollars(bill.Reads),
			dollars(bill.Sum()), dollars(limits.Storage(load.commands)),
		})
	}
	measured.Compare(t, prices, table)
}

// TestMonthByHand adds one month up in another way: 10 commands a second, 26 million in 30 days.
func TestMonthByHand(t *testing.T) {
	t.Parallel()
	cost := func(requests map[string]int, reads, writes float64) limits.Cost {
		return limits.Cost{Requests: requests, ReadUnits: reads, WriteUnits: writes}
	}
	one := cost(map[string]int{"PutItem": 1}, 1, 2) // 5 + 2 ms in Lambda
	routes, projections := limits.Costs{}, limits.Costs{}
	for _, name := range []string{
		"deposit-money", "transfer-money", "place-order", "receive-stock", "get-account", "get-statement", "list-orders",
	} {
		routes[name] = one
	}
	for _, name := range []string{"batch of 1 deposit", "batch of 1 order"} {
		projections[name] = one
	}
	for _, name := range []string{"product-catalog, StockReceived", "product-counts, StockReceived"} {
		projections[name] = cost(nil, 0, 1)
	}
	got := limits.Month(10, false, routes, projections)
	const seconds = 30 * 24 * 3600
	invocations := 30. + 8 + 2*2 + 1 // requests, movements, orders at two readers, stock
	want := limits.Bill{
		API:    seconds * 30 * 1e-6,
		Lambda: seconds * invocations * (0.2e-6 + 0.007*0.5*0.0000133334),
		Writes: seconds * 0.625e-6 * (30*2 + 8*2 + 2*2 + 2*1 + 2),
		Reads:  seconds * 0.125e-6 * (invocations - 2), // the reactor reads nothing
	}
	for name, pair := range map[string][2]float64{
		"API": {got.API, want.API}, "Lambda": {got.Lambda, want.Lambda}, "writes": {got.Writes, want.Writes},
		"reads": {got.Reads, want.Reads},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-6*pair[1] {
			t.Errorf("%s: %s, computed by hand %s", name, fmt.Sprint(pair[0]), fmt.Sprint(pair[1]))
		}
	}
	if got, want := limits.Storage(10), 11.*seconds*1024/1e9*0.25; math.Abs(got-want) > 1e-9 {
		t.Errorf("storage: %v, by hand %v", got, want)
	}
}
