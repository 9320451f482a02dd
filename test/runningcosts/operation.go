package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// operation is what is measured.
type operation struct {
	name  string
	times int
	pause time.Duration // after each command
	first bool          // it is done once more before it is measured
	vary  bool          // its costs are not always the same
	do    func(client, context.Context, time.Duration) (time.Duration, error)
}

// commands are measured with the service's own settings: an order has 72 hours to be paid.
var commands = []operation{
	{"a deposit, the client waits", 10, wait, false, false, client.deposit},
	{"a deposit, the client does not wait", 150, 0, false, true, client.deposit},
	{"an order's life, the client waits", 5, wait, false, false, client.order},
	{"an order's life, the client does not wait", 25, 0, false, true, client.order},
}

// shortDeadline are the settings for deadlines: an order has 2 s to be paid. Its deadline is a message of the queue.
const (
	shortDeadline  = `{"paymentDeadline":"2s"}`
	deadlinePassed = 4 * time.Second
)

// deadlines are measured with shortDeadline.
var deadlines = []operation{
	{"an order's life, with a deadline below 15 minutes", 3, wait, true, false, client.paidInTime},
	{"an order that is cancelled at its deadline", 3, wait, true, true, client.notPaid},
}

// table has the costs of operations, and those of each of their requests.
type table struct{ operations, requests string }

func (t *table) add(o operation, all bill, took []time.Duration) {
	spent := all.total().by(o.times)
	slices.Sort(took)
	t.operations += fmt.Sprintf("| %s | %.1f | %.1f | %.1f | %.2f | %.1f |\n", o.name, spent.requests, spent.writes, spent.reads,
		spent.dollars(), float64(took[len(took)/2].Microseconds())/1000)
	for _, what := range slices.Sorted(maps.Keys(all)) {
		one := all[what].by(o.times)
		t.requests += fmt.Sprintf("| %s | %s | %.1f | %.1f | %.1f |\n", o.name, what, one.requests, one.writes, one.reads)
	}
}

func (t table) String() string {
	return "| operation | requests | write units | read units | $ a million | p50, ms |\n" +
		"| --- | ---: | ---: | ---: | ---: | ---: |\n" + t.operations +
		"\n| operation | request | requests | write units | read units |\n| --- | --- | ---: | ---: | ---: |\n" + t.requests
}
