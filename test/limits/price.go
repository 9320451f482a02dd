package limits

import (
	"time"

	"github.com/annals-es/annals/internal/platform"
)

// memoryGB is what the functions have that commands, queries and batches run in, as infra says.
const memoryGB = 0.5

// month is 30 days, in seconds.
const month = 30 * 24 * 3600

// eventBytes is what a commit takes in the event table, with its key, its metadata and its hashes: a write unit at most.
const eventBytes = 1024

// Bill is what something costs, in dollars.
type Bill struct {
	API, Lambda, Writes, Reads float64
}

// Sum is all of it.
func (b Bill) Sum() float64 { return b.API + b.Lambda + b.Writes + b.Reads }

func (b Bill) plus(o Bill) Bill {
	return Bill{b.API + o.API, b.Lambda + o.Lambda, b.Writes + o.Writes, b.Reads + o.Reads}
}

func (b Bill) times(n float64) Bill { return Bill{n * b.API, n * b.Lambda, n * b.Writes, n * b.Reads} }

// units are a cost's units alone.
func units(c Cost) Bill {
	return Bill{Writes: c.WriteUnits * platform.PerWriteUnit, Reads: c.ReadUnits * platform.PerReadUnit}
}

// Request is what one request to the API costs, without what projections do about it.
func Request(c Cost) Bill {
	return Bill{API: platform.PerRequest, Lambda: platform.PerInvocation + c.Duration().Seconds()*memoryGB*platform.PerGBSecond}.plus(units(c))
}

// batch is what one batch of the stream costs that takes so long.
func batch(c Cost, takes time.Duration) Bill {
	return Bill{Lambda: platform.PerInvocation + takes.Seconds()*memoryGB*platform.PerGBSecond}.plus(units(c))
}

// part is what a commit costs as one of a full batch.
func part(c Cost, kind string) Bill {
	return batch(c, c.Full(kind, ProjectorMemory)).times(1. / batchSize)
}

// Month is what a month costs at so many commands a second, in the shares of the base load, with two queries a command. Full
// says that batches of the stream are full, as they are when there is much to do; otherwise each commit is one of its own.
func Month(commands float64, full bool, routes, projections Costs) Bill {
	base := 0.0
	var second Bill
	for name, rate := range BaseCommands {
		base += rate
		second = second.plus(Request(routes.Of(name)).times(rate))
	}
	for name, rate := range BaseQueries {
		second = second.plus(Request(routes.Of(name)).times(rate))
	}
	movements := BaseCommands["deposit-money"] + 2*BaseCommands["transfer-money"]
	orders, stock := BaseCommands["place-order"], BaseCommands["receive-stock"]
	oneDeposit, oneOrder := projections.Of("batch of 1 deposit"), projections.Of("batch of 1 order")
	deposit, order := batch(oneDeposit, oneDeposit.Batch()), batch(oneOrder, oneOrder.Batch())
	if full {
		deposit = part(projections.Of("batch of 100 deposits on 100 accounts"), "deposits")
		order = part(projections.Of("batch of 100 orders of 1 product"), "orders")
	}
	// A receipt of stock is a batch as an order is; its rows are fewer.
	received := Bill{Lambda: order.Lambda, Reads: order.Reads}
	for _, row := range []string{"product-catalog, StockReceived", "product-counts, StockReceived"} {
		received = received.plus(units(projections.Of(row)))
	}
	// The reactor receives the commits of orders as well, and writes a checkpoint.
	reacted := Bill{Lambda: order.Lambda, Writes: platform.PerWriteUnit}
	second = second.plus(deposit.times(movements)).plus(order.plus(reacted).times(orders)).plus(received.times(stock))
	return second.times(month * commands / base)
}

// Storage is what the events of a month cost in every month that follows. Commits of a transfer are two.
func Storage(commands float64) float64 {
	base, commits := 0.0, BaseCommands["transfer-money"]
	for _, rate := range BaseCommands {
		base += rate
		commits += rate
	}
	return commands / base * commits * month * eventBytes / 1e9 * platform.PerGBMonth
}
