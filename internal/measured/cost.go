package measured

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/annals-es/annals/internal/dynamolocal/dynamotest"
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
