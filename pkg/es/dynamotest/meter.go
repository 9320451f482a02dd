package dynamotest

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// Meter counts the requests of a client on the wire, retries included, and the capacity units that they consume.
type Meter struct {
	mu    sync.Mutex
	usage Usage
}

// Usage is what a client has sent since the last call of Take.
type Usage struct {
	// Requests is the number of requests by operation, such as "PutItem".
	Requests map[string]int
	// ReadUnits and WriteUnits are the capacity units of all successful requests.
	ReadUnits, WriteUnits float64
}

// Units returns the sum of read and write units.
func (u Usage) Units() float64 { return u.ReadUnits + u.WriteUnits }

// Metered is an option that makes a client count: Client(t, meter.Metered).
func (m *Meter) Metered(o *dynamodb.Options) {
	o.HTTPClient = &meteredClient{meter: m, next: o.HTTPClient}
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("meter", m.units), middleware.Before)
	})
}

// Take returns the usage and resets it.
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
	writes := true
	switch p := in.Parameters.(type) {
	case *dynamodb.PutItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.UpdateItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.TransactWriteItemsInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.BatchWriteItemInput:
		p.ReturnConsumedCapacity = total
	case *dynamodb.QueryInput:
		writes, p.ReturnConsumedCapacity = false, total
	case *dynamodb.ScanInput:
		writes, p.ReturnConsumedCapacity = false, total
	case *dynamodb.GetItemInput:
		writes, p.ReturnConsumedCapacity = false, total
	case *dynamodb.BatchGetItemInput:
		writes, p.ReturnConsumedCapacity = false, total
	}
	out, meta, err := next.HandleInitialize(ctx, in)
	if err != nil {
		return out, meta, err
	}
	units := consumed(in.Parameters, out.Result)
	m.mu.Lock()
	defer m.mu.Unlock()
	if writes {
		m.usage.WriteUnits += units
	} else {
		m.usage.ReadUnits += units
	}
	return out, meta, nil
}

// consumed returns the units of a request: those that DynamoDB Local reports, corrected where it reports them wrongly.
func consumed(in, result any) float64 {
	var reported []types.ConsumedCapacity
	one := func(c *types.ConsumedCapacity) {
		if c != nil {
			reported = append(reported, *c)
		}
	}
	more := 0.0
	switch r := result.(type) {
	case *dynamodb.PutItemOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.QueryOutput:
		one(r.ConsumedCapacity)
		if r.ScannedCount == 0 {
			more = least(in.(*dynamodb.QueryInput).ConsistentRead)
		}
	case *dynamodb.ScanOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.GetItemOutput:
		one(r.ConsumedCapacity)
	case *dynamodb.BatchWriteItemOutput:
		reported = r.ConsumedCapacity
	case *dynamodb.BatchGetItemOutput:
		reported, more = r.ConsumedCapacity, missed(in.(*dynamodb.BatchGetItemInput), r)
	case *dynamodb.TransactWriteItemsOutput:
		return transacted(in.(*dynamodb.TransactWriteItemsInput).TransactItems)
	}
	for _, c := range reported {
		more += aws.ToFloat64(c.CapacityUnits)
	}
	return more
}

// least returns the minimum cost of a read, also if it finds nothing. DynamoDB Local reports 0 in this case for Query
// and BatchGetItem.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
func least(consistent *bool) float64 {
	if aws.ToBool(consistent) {
		return 1
	}
	return 0.5
}

// missed returns the units of items that a batch asked for and that do not exist.
//
// Source: https://github.com/awslabs/amazon-dynamodb-tools/issues/25.
func missed(in *dynamodb.BatchGetItemInput, out *dynamodb.BatchGetItemOutput) (units float64) {
	for table, asked := range in.RequestItems {
		absent := len(asked.Keys) - len(out.Responses[table]) - len(out.UnprocessedKeys[table].Keys)
		units += least(asked.ConsistentRead) * float64(absent)
	}
	return units
}

// transacted returns the units of a transaction: two per kilobyte of each item, also for condition checks. DynamoDB
// Local always reports four. For updates, deletes and checks it assumes items of up to one kilobyte.
//
// Source: https://github.com/paritysuite/dynamodb-conformance/pull/67, measured on DynamoDB.
func transacted(actions []types.TransactWriteItem) (units float64) {
	for _, action := range actions {
		kilobytes := 1
		if action.Put != nil {
			kilobytes = (itemSize(action.Put.Item) + 1023) / 1024
		}
		units += 2 * float64(kilobytes)
	}
	return units
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
