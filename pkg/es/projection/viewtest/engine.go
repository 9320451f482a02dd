package viewtest

import (
	"fmt"
	"testing"

	"github.com/annals-es/annals/pkg/es/projection"
)

// RunEngine runs the suite of the engine on a store: what readers see of a view is what a plain fold makes, whatever
// happened before. Each test runs in parallel, on an empty view of its own. The catalog is memview's.
func RunEngine(t *testing.T, open func(t *testing.T) projection.View) {
	tests := map[string]func(*testing.T, *bench){"refold": refold}
	for seed := range uint64(3) {
		tests[fmt.Sprint("hostile ledgers/seed ", seed)] = hostileLedgers(seed)
	}
	run(t, func(t *testing.T) *bench { return newBench(open(t)) }, []group[*bench]{{true, tests}})
}
