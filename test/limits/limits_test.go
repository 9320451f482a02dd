package limits_test

import (
	"testing"

	"github.com/annals-es/annals/test/limits"
	"github.com/annals-es/annals/test/measured"
)

const (
	performance = "../../docs/performance.md"
	document    = "../../docs/limits.md"
)

// costs are those that a test counted.
func costs(t *testing.T, test string) limits.Costs {
	t.Helper()
	all := limits.Costs{}
	for operation, used := range measured.Costs(t, performance, test) {
		all[operation] = limits.Cost(used)
	}
	return all
}

func TestCeilings(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"of one", "what", "arithmetic", "a second:"}}
	for _, c := range limits.Ceilings(costs(t, "TestRouteCosts"), costs(t, "TestCommandCosts"),
		costs(t, "TestProjectionCosts")) {
		table = append(table, []string{c.Part, c.Work, c.Sum, limits.Figure(c.PerSecond)})
	}
	measured.Compare(t, document, table)
}

func TestBottlenecks(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"what fills up", "1×:", "10×:", "100×:", "1,000×:", "full at:", "what to do then"}}
	for _, b := range limits.Bottlenecks(costs(t, "TestRouteCosts"), costs(t, "TestProjectionCosts")) {
		row := []string{b.Name}
		for _, times := range []float64{1, 10, 100, 1000} {
			share := limits.Figure(100*b.Share*times) + " %"
			if b.Share*times >= 1 {
				share = "**" + share + "**"
			}
			row = append(row, share)
		}
		table = append(table, append(row, limits.Figure(1/b.Share)+"×", b.Then))
	}
	measured.Compare(t, document, table)
}

// TestAssumptions writes down what the arithmetic assumes.
func TestAssumptions(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"request", "takes"}}
	for _, operation := range []string{"GetItem", "Query", "PutItem", "BatchGetItem", "TransactWriteItems"} {
		table = append(table, []string{operation, limits.Latency[operation].String()})
	}
	table = append(table, []string{"a warm function's own work", limits.Own.String()})
	measured.Compare(t, document, table)
}

// TestUnknownCost: an operation that was renamed must not count as one that costs nothing.
func TestUnknownCost(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("want a panic")
		}
	}()
	limits.Costs{}.Of("deposit-money")
}
