package dynamotest

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Meter counts what a client sends: every request at the wire, retries included, and the capacity units that it consumed.
type Meter struct {
	mu    sync.Mutex
	usage Usage
}

// Usage is what was sent since the last count.
type Usage struct {
	// Requests counts by operation: "PutItem".
	Requests map[string]int
	// Units are the capacity units of all requests that were answered without an error.
	Units float64
}

// Metered makes a client count: Client(t, meter.Metered).
func (m *Meter) Metered(o *dynamodb.Options) {
	o.HTTPClient = &meteredClient{meter: m, next: o.HTTPClient}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", m.units), middleware.Before)
	})
}

// Take returns what was counted, and starts again from nothing.
func (m *Meter) Take() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.usage
	m.usage = Usage{}
	return taken
}

func (m *Meter) units(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	const total = types.ReturnConsumedCapacityTotal
	switch p := in.Parameters.(type) {
	case *dynamodb.PutItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.QueryInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.GetItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.BatchGetItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.TransactWriteItemsInput:
		p.ReturnConsumedCapacity = total
	}
	out, meta, err := next.HandleInitialize(ctx, in)
	if err == nil {
		m.add(out.Result)
	}
	return out, meta, err
}

func (m *Meter) add(result any) {
	var consumed []types.ConsumedCapacity
	one := func(c *types.ConsumedCapacity) {
		if c != nil {
			consumed = append(consumed, *c)
		}
	}
	switch r := result.(type) {
	case *dynamodb.PutItemOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.QueryOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.GetItemOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		consumed = r.ConsumedCapacity
	case *dynamodb.TransactWriteItemsOutput:
		consumed = r.ConsumedCapacity
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range consumed {
		m.usage.Units += *c.CapacityUnits
	}
}

type meteredClient struct {
	meter *Meter
	next  dynamodb.HTTPClient
}

func (c *meteredClient) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	c.meter.mu.Lock()
	if c.meter.usage.Requests == nil {
		c.meter.usage.Requests = map[string]int{}
	}
	c.meter.usage.Requests[operation]++
	c.meter.mu.Unlock()
	return c.next.Do(r)
}
