package peers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/test/measured"
)

var countsHeader = []string{
	"operation", "by", "requests", "write units:", "read units:", "× requests:", "× write units:", "× read units:",
}

// TestPeerCosts counts what each operation sends, at the wire, and holds docs/comparison.md against it.
func TestPeerCosts(t *testing.T) {
	t.Parallel()
	all, table := systems(t), measured.Table{countsHeader}
	for _, op := range operations {
		if op.varies {
			continue
		}
		var bare dynamotest.Usage
		for i, s := range all {
			do := op.prepare(t, s)
			s.meter.Take()
			if err := do(t.Context()); err != nil {
				t.Fatalf("%s, by %s: %v", op.name, s.name, err)
			}
			used := s.meter.Take()
			if i == 0 {
				bare = used
			}
			table = append(table, counts(op.name, s.name, used, bare))
		}
	}
	measured.Compare(t, "docs/comparison.md", table)
}

// counts is a row: what was sent, and how many times what the bare SDK sent that is.
func counts(operation, by string, used, bare dynamotest.Usage) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(used.Requests)) {
		names = append(names, fmt.Sprintf("%d %s", used.Requests[name], name))
	}
	return []string{
		operation, by, strings.Join(names, ", "), fmt.Sprint(used.WriteUnits), fmt.Sprint(used.ReadUnits),
		times(float64(requests(used)), float64(requests(bare))), times(used.WriteUnits, bare.WriteUnits),
		times(used.ReadUnits, bare.ReadUnits),
	}
}

func requests(u dynamotest.Usage) (n int) {
	for _, of := range u.Requests {
		n += of
	}
	return n
}

// times is a ratio, where there is one.
func times(a, b float64) string {
	if b == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", a/b)
}
