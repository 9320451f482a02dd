package limits

import (
	"cmp"
	"slices"

	"github.com/annals-es/annals/internal/platform"
)

// The base load, in requests a second.
var (
	BaseCommands = map[string]float64{"deposit-money": 6, "transfer-money": 1, "place-order": 2, "receive-stock": 1}
	BaseQueries  = map[string]float64{"get-account": 10, "get-statement": 5, "list-orders": 5}
)

// Hottest is the share of one account in all deposits and transfers, and of one product in all orders.
const Hottest = 0.1

// firstShards is how many partitions, and so shards, a new table has, derived from its throughput.
const firstShards = platform.FirstWrites / platform.PartitionWrites

// Bottleneck is something that fills up as the load grows.
type Bottleneck struct {
	Name string
	// Share is the part of it that the base load takes; 1 is full.
	Share float64
	// Then says what to do when it is full.
	Then string
}

// Bottlenecks returns the bottlenecks, sorted by which is full first.
func Bottlenecks(routes, projections Costs) []Bottleneck {
	var requests, writes, busy, commits float64
	for name, rate := range BaseCommands {
		requests += rate
		writes += rate * routes.Of(name).WriteUnits
		busy += rate * routes.Of(name).Duration().Seconds()
	}
	for name, rate := range BaseQueries {
		requests += rate
		busy += rate * routes.Of(name).Duration().Seconds()
	}
	deposits, transfers, orders := BaseCommands["deposit-money"], BaseCommands["transfer-money"],
		BaseCommands["place-order"]
	movements := deposits + 2*transfers
	commits = movements + orders + BaseCommands["receive-stock"]
	// At worst every commit is a batch of its own, for the projector and for the reactor.
	busy += movements*projections.Of(
		"batch of 1 deposit",
	).Batch().Seconds() + (commits-movements)*projections.Of("batch of 1 order").Batch().Seconds()
	generations := commits*projections.Of("batch of 1 deposit").ReadUnits + BaseCommands["receive-stock"]
	full := movements*projections.Of("batch of 100 deposits on 100 accounts").Full("deposits",
		ProjectorMemory).Seconds()/batchSize +
		(commits-movements)*projections.Of("batch of 100 orders of 1 product").Full("orders",
			ProjectorMemory).Seconds()/batchSize
	put, transact := Latency["PutItem"].Seconds(), Latency["TransactWriteItems"].Seconds()

	all := []Bottleneck{
		{"the hottest account, whose commands come one after the other", Hottest * (deposits*put + transfers*transact),
			"Many deposits in one command (100 events are one write), or an account split into several streams that are " +
				"summed by a read model."},
		{"the hottest product's counters, one transaction at a time", Hottest * orders * transact,
			"Nothing at first: as records wait, batches grow, and 50 orders share a transaction. Then counters in several " +
				"rows a product, summed when read."},
		{"the statements' quota of write units",
			movements * projections.Of("accounts, MoneyDeposited").WriteUnits / platform.TableWrites,
			"Ask for a higher quota."},
		{"the event table's quota of write units", writes / platform.TableWrites,
			"Ask for a higher quota."},
		{"the event table's write units when it is new", writes / platform.FirstWrites,
			"Nothing if the load grows slowly: the table doubles within half an hour. Before a sudden load, set its warm " +
				"throughput."},
		{"the partition of the generations' records, which each batch reads", generations / platform.PartitionReads,
			"Nothing at first: as records wait, batches grow. Then a batching window of a second on the subscription."},
		{"the partitions of the list of active orders", orders * listUnits(projections) /
			(float64(routes.Of("list-orders").Requests["Query"]) * platform.PartitionWrites),
			"More partitions of the list: a new fold version, built by a rebuild."},
		{"the projector's batches, full ones, on the shards of a new table", full / (Lanes * firstShards),
			"More memory for the projector, which brings more of a processor. The table gets more partitions, and with them " +
				"shards, by then."},
		{"the account's concurrent invocations", busy / platform.Concurrency,
			"Ask for a higher quota; reserve some for the commands."},
		{"API Gateway's requests", requests / platform.Requests,
			"Ask for a higher quota."},
	}
	slices.SortStableFunc(all, func(a, b Bottleneck) int { return cmp.Compare(b.Share, a.Share) })
	return all
}
