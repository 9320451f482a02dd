package measured

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// CostHeader is the header of a table of costs.
var CostHeader = []string{"operation", "requests", "read units:", "write units:"}

// Cost is a row of a table of costs: what an operation sent.
func Cost(operation string, u dynamotest.Usage) []string {
	requests := []string{}
	for _, name := range slices.Sorted(maps.Keys(u.Requests)) {
		requests = append(requests, fmt.Sprintf("%d %s", u.Requests[name], name))
	}
	return []string{operation, strings.Join(requests, ", "), fmt.Sprint(u.ReadUnits), fmt.Sprint(u.WriteUnits)}
}

// Costs reads the table of costs that a test keeps in a file, by operation.
func Costs(t testing.TB, file, test string) map[string]dynamotest.Usage {
	t.Helper()
	all := map[string]dynamotest.Usage{}
	for _, row := range Read(t, file, test) {
		used := dynamotest.Usage{Requests: map[string]int{}}
		for _, request := range strings.Split(row[1], ", ") {
			var n int
			var name string
			if _, err := fmt.Sscanf(request, "%d %s", &n, &name); err != nil {
				t.Fatalf("%s: requests %q of %s: %v", file, row[1], row[0], err)
			}
			used.Requests[name] = n
		}
		if _, err := fmt.Sscan(row[2]+" "+row[3], &used.ReadUnits, &used.WriteUnits); err != nil {
			t.Fatalf("%s: units of %s: %v", file, row[0], err)
		}
		all[row[0]] = used
	}
	return all
}
