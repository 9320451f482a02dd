package viewtest

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// RunEngine runs the suite of the engine on a store: what readers see of a view is what a plain fold makes, whatever
// happened before. Each test runs in parallel, on an empty view of its own. The catalog is memview's.
//
// The projection is named "ledger". It has rows of all kinds that the store holds: see [RunView] for the features. A
// store with typed columns may declare them: documents have the strings Last and Taken; rows of the lists "lines",
// which are own rows, and "entries", which are append rows, have the string Text; counters, in the partitions "letters"
// and "fan", are named "count".
//
// If the view is [Searched], nothing may be left in the store of what was forgotten.
func RunEngine(t *testing.T, open func(t *testing.T) projection.View, features ...Features) {
	has := declared(features)
	tests := map[string]func(*testing.T, *bench){
		"delivery/an event of many rows": manyRowsOfAnEvent,
		"delivery/interrupted anywhere":  interruptedAnywhere,
		"parking/and retries":            parking,
		"generations/dropped":            dropped,
		"generations/abandoned":          abandoned,
		"refold/of many rows":            refold,
		"refold/in all generations":      forgetting,
		"tokens/of streams":              tokens,
		"verification/finds differences": planted,
	}
	for seed := range uint64(2) {
		tests[fmt.Sprint("hostile/ledgers ", seed)] = hostileLedgers(seed)
		tests[fmt.Sprint("hostile/delivery ", seed)] = hostileDelivery(seed)
		tests[fmt.Sprint("generations/rebuilt ", seed)] = rebuilt(seed)
	}
	run(t, func(t *testing.T) *bench { return newBench(t, open(t), has) }, []group[*bench]{
		{true, tests},
		{has.Own || has.Counters, map[string]func(*testing.T, *bench){"delivery/halted in an event": haltedInAnEvent}},
		{has.Index, map[string]func(*testing.T, *bench){"tokens/in lists": listsWithTokens}},
		{true, map[string]func(*testing.T, *bench){
			"lost/and replaced": lostAndReplaced, "lost/while it is built": lostWhileBuilt,
		}},
	})
}
