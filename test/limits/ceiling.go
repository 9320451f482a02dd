package limits

import (
	"fmt"
	"math"
	"time"

	"github.com/annals-es/annals/internal/platform"
)

// Ceiling is the maximum throughput of one part of the system.
type Ceiling struct {
	Part, Work string
	// Sum is the arithmetic, PerSecond its result.
	Sum       string
	PerSecond float64
}

// batchSize is the number of records in a full batch of the stream, as set in infra. The costs are measured for it.
const batchSize = 100

// Ceilings returns the limits of one stream, one partition, one shard, one table and one account.
func Ceilings(routes, commands, projections Costs) []Ceiling {
	deposit, hundred := commands.Of("warm deposit"), commands.Of("warm, 100 events")
	statement := projections.Of("accounts, MoneyDeposited")
	transact := Latency["TransactWriteItems"]
	sequential := 1 / deposit.Sequential().Seconds()
	all := []Ceiling{
		{"stream", "commands, one after the other", fmt.Sprintf("1 / %s", deposit.Sequential()), sequential},
		{"stream", "events, 100 a command", fmt.Sprintf("100 × min(%s, %d / %v units)",
			Figure(sequential), platform.PartitionWrites, hundred.WriteUnits),
			100 * min(sequential, platform.PartitionWrites/hundred.WriteUnits)},
		{"stream", "movements in one account's statement", fmt.Sprintf("%d / (%v units / 2 items)",
			platform.PartitionWrites, statement.WriteUnits),
			platform.PartitionWrites / (statement.WriteUnits / 2)},
		{
			"product", "orders, each in a batch of its own: a counter takes one transaction at a time",
			fmt.Sprintf("1 / %s", transact), 1 / transact.Seconds(),
		},
		{"product", "orders, 50 a transaction", fmt.Sprintf("50 / %s", transact), 50 / transact.Seconds()},
		{
			"partition", "commands on many streams", fmt.Sprintf("%d / %v units", platform.PartitionWrites, deposit.WriteUnits),
			platform.PartitionWrites / deposit.WriteUnits,
		},
		{"partition", "strongly consistent reads of one item", fmt.Sprintf("%d / %v units",
			platform.PartitionReads, routes.Of("get-account").ReadUnits),
			platform.PartitionReads / routes.Of("get-account").ReadUnits},
	}
	for _, projected := range []struct{ work, kind, batch string }{
		{"deposits", "deposits", "batch of 100 deposits on 100 accounts"},
		{"orders of one product", "orders", "batch of 100 orders of 1 product"},
	} {
		cost := projections.Of(projected.batch)
		for _, memory := range []int{ProjectorMemory, platform.WholeProcessor} {
			took := cost.Full(projected.kind, memory).Round(time.Millisecond)
			by := "by its requests"
			if took > cost.Batch().Round(time.Millisecond) {
				by = "by its processor time"
			}
			all = append(all, Ceiling{"shard", fmt.Sprintf("%s, projected with %d MB, %s", projected.work, memory, by),
				fmt.Sprintf("%d batch × %d / %s", Lanes, batchSize, took), Lanes * batchSize / took.Seconds()})
		}
	}
	lists := float64(routes.Of("list-orders").Requests["Query"])
	active := listUnits(projections)
	return append(all,
		Ceiling{
			"list", "orders that become active",
			fmt.Sprintf("%v partitions × %d / %v units", lists, platform.PartitionWrites, active),
			lists * platform.PartitionWrites / active,
		},
		Ceiling{
			"table", "commands, by the event table's quota",
			fmt.Sprintf("%d / %v units", platform.TableWrites, deposit.WriteUnits), platform.TableWrites / deposit.WriteUnits,
		},
		Ceiling{
			"table", "deposits, by the statements' quota",
			fmt.Sprintf("%d / %v units", platform.TableWrites, statement.WriteUnits),
			platform.TableWrites / statement.WriteUnits,
		},
		Ceiling{"account", "requests, by API Gateway", fmt.Sprint(platform.Requests), platform.Requests},
		Ceiling{"account", "deposits, by Lambda's concurrency alone", fmt.Sprintf("%d / %s",
			platform.Concurrency, routes.Of("deposit-money").Duration()),
			platform.Concurrency / routes.Of("deposit-money").Duration().Seconds()},
	)
}

// listUnits returns the write units of one list when an order is placed. The order's document takes one unit, and the
// rest is for two lists.
func listUnits(projections Costs) float64 {
	return (projections.Of("orders, OrderPlaced").WriteUnits - 1) / 2
}

// Figure formats a number with three significant digits.
func Figure(n float64) string {
	if n <= 0 {
		return "0"
	}
	digits := math.Pow(10, math.Floor(math.Log10(n))-2)
	n = math.Round(n/digits) * digits
	if n < 100 {
		return fmt.Sprintf("%.3g", n)
	}
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
