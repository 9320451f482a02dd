package limits

import (
	"time"

	"github.com/annals-es/annals/internal/platform"
)

// memoryGB is the memory of the functions for commands, queries and batches, as set in infra.
const memoryGB = 0.5

// month is 30 days, in seconds.
const month = 30 * 24 * 3600

// eventBytes is the size of a commit in the event table, with its key, metadata and hashes: at most one write unit.
const eventBytes = 1024

// Bill has the costs of something in dollars.
type Bill struct {
	API, Lambda, Writes, Reads float64
}

// Sum returns the total.
func (b Bill) Sum() float64 { return b.API + b.Lambda + b.Writes + b.Reads }

func (b Bill) plus(o Bill) Bill {
	return Bill{b.API + o.API, b.Lambda + o.Lambda, b.Writes + o.Writes, b.Reads + o.Reads}
}

func (b Bill) times(n float64) Bill { return Bill{n * b.API, n * b.Lambda, n * b.Writes, n * b.Reads} }

// units returns the price of a cost's capacity units, without Lambda and API Gateway.
func units(c Cost) Bill {
	return Bill{Writes: c.WriteUnits * platform.PerWriteUnit, Reads: c.ReadUnits * platform.PerReadUnit}
}

// Request returns the price of one request to the API, without the projections that follow.
func Request(c Cost) Bill {
	return Bill{
		API: platform.PerRequest, Lambda: platform.PerInvocation + c.Duration().Seconds()*memoryGB*platform.PerGBSecond,
	}.plus(units(c))
}

// batch returns the price of one batch of the stream with a duration.
func batch(c Cost, takes time.Duration) Bill {
	return Bill{Lambda: platform.PerInvocation + takes.Seconds()*memoryGB*platform.PerGBSecond}.plus(units(c))
}

// part returns the price of one commit in a full batch.
func part(c Cost, kind string) Bill {
	return batch(c, c.Full(kind, ProjectorMemory)).times(1. / batchSize)
}

// Month returns the price of a month with a number of commands a second, in the shares of the base load, and two
// queries a command. If full is set, batches of the stream are full, as under high load. Otherwise each commit is a
// batch of its own.
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
	// A receipt of stock costs as much Lambda time and reads as an order, but it writes fewer rows.
	received := Bill{Lambda: order.Lambda, Reads: order.Reads}
	for _, row := range []string{"product-catalog, StockReceived", "product-counts, StockReceived"} {
		received = received.plus(units(projections.Of(row)))
	}
	// The reactor also receives the commits of orders, and writes a checkpoint.
	reacted := Bill{Lambda: order.Lambda, Writes: platform.PerWriteUnit}
	second = second.plus(deposit.times(movements)).plus(order.plus(reacted).times(orders)).plus(received.times(stock))
	return second.times(month * commands / base)
}

// Storage returns the price that the events of one month cost in every later month. A transfer has two commits.
func Storage(commands float64) float64 {
	base, commits := 0.0, BaseCommands["transfer-money"]
	for _, rate := range BaseCommands {
		base += rate
		commits += rate
	}
	return commands / base * commits * month * eventBytes / 1e9 * platform.PerGBMonth
}
