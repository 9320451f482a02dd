package limits

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/internal/platform"
)

// Cost is what an operation sends to DynamoDB.
type Cost struct {
	// Requests counts by operation: "PutItem".
	Requests map[string]int
	// ReadUnits and WriteUnits are capacity units.
	ReadUnits, WriteUnits float64
}

// Costs are those of operations by their names in docs/performance.md.
type Costs map[string]Cost

// Of is the cost of an operation. It panics if there is none of that name: what was renamed must not count as nothing.
func (c Costs) Of(operation string) Cost {
	cost, counted := c[operation]
	if !counted {
		panic(fmt.Sprintf("the cost of %q was not counted", operation))
	}
	return cost
}

// Sequential is how long all requests take, one after the other.
func (c Cost) Sequential() (sum time.Duration) {
	for operation, n := range c.Requests {
		sum += time.Duration(n) * Latency[operation]
	}
	return sum
}

// Batch is how long the projector takes for a batch: its requests for each stream are made some at once.
func (c Cost) Batch() time.Duration {
	requests := 0
	for _, n := range c.Requests {
		requests += n
	}
	return Own + c.Sequential()/time.Duration(max(1, min(InBatch, requests)))
}

// Full is how long the projector takes for a full batch of a kind: as long as its requests, or, where that is longer,
// as the processor that comes with its memory.
func (c Cost) Full(kind string, memory int) time.Duration {
	return max(c.Batch(), Processor[kind]*platform.WholeProcessor/time.Duration(min(memory, platform.WholeProcessor)))
}

// Duration is how long a function takes for a command or a query.
func (c Cost) Duration() time.Duration { return Own + c.Sequential() }
