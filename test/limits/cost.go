package limits

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/internal/platform"
)

// Cost has the requests to DynamoDB of one operation.
type Cost struct {
	// Requests counts by operation: "PutItem".
	Requests map[string]int
	// ReadUnits and WriteUnits are capacity units.
	ReadUnits, WriteUnits float64
}

// Costs maps operations, by their names in docs/performance.md, to their costs.
type Costs map[string]Cost

// Of returns the cost of an operation. It panics for an unknown name, so that a renamed operation does not count as
// free.
func (c Costs) Of(operation string) Cost {
	cost, counted := c[operation]
	if !counted {
		panic(fmt.Sprintf("unknown operation %q: docs/performance.md has no cost of it", operation))
	}
	return cost
}

// Sequential returns the duration of all requests, one after the other.
func (c Cost) Sequential() (sum time.Duration) {
	for operation, n := range c.Requests {
		sum += time.Duration(n) * Latency[operation]
	}
	return sum
}

// Batch returns the duration of a batch in the projector, which updates up to InBatch streams concurrently.
func (c Cost) Batch() time.Duration {
	requests := 0
	for _, n := range c.Requests {
		requests += n
	}
	return Own + c.Sequential()/time.Duration(max(1, min(InBatch, requests)))
}

// Full returns the duration of a full batch of a kind in the projector: that of its requests, or the processor time
// with the share of a vCPU that comes with its memory, whichever is longer.
func (c Cost) Full(kind string, memory int) time.Duration {
	return max(c.Batch(), Processor[kind]*platform.WholeProcessor/time.Duration(min(memory, platform.WholeProcessor)))
}

// Duration returns the duration of a command or a query in its function.
func (c Cost) Duration() time.Duration { return Own + c.Sequential() }
