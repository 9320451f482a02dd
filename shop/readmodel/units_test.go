package readmodel_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/order"
)

// Ids of the length that clients use.
const (
	anOrder   = "0d6f2a4e-6f0b-4d5e-9a34-5b1f0c7d8e90"
	aCustomer = "7b1c9d2e-3f4a-4b5c-8d6e-9f0a1b2c3d4e"
	aProduct  = "c56a4180-65aa-42ec-a945-5fd21dec0538"
)

// metered is a world in which the writes of one read model are counted.
type metered struct {
	*world
	meter  dynamotest.Meter
	client *dynamodb.Client
	table  string
	engine *projection.Engine
	seen   map[es.StreamID]int64
}

func newMetered(t *testing.T, model string) *metered {
	t.Helper()
	m := &metered{world: newStore(), seen: map[es.StreamID]int64{}}
	m.now = time.Now() // what is late is tried with care, which costs more
	m.client = dynamotest.Client(t, m.meter.Metered)
	names := newTables(t)
	m.table = names[model]
	models := openModels(t, m.store, m.client, names, nil, nil)
	for _, sub := range models.Subscriptions {
		if sub.Projection.Name() == model {
			m.engine = projection.NewEngine(m.store, models.catalog, projection.Config{}, sub)
		}
	}
	if err := m.engine.Start(t.Context()); err != nil { // which registers the read model
		t.Fatal(err)
	}
	return m
}

// spent are the write requests and write units of the events since the last call.
func (m *metered) spent(t *testing.T, stream es.StreamID) (requests int, units float64) {
	t.Helper()
	m.meter.Take()
	for c, err := range m.store.Read(t.Context(), stream, es.Range{From: m.seen[stream] + 1}) {
		if err != nil {
			t.Fatal(err)
		}
		if failed := m.engine.Apply(t.Context(), []es.Commit{c}); len(failed) > 0 {
			t.Fatal(failed)
		}
		m.seen[stream] = c.LastVersion()
	}
	used := m.meter.Take()
	return used.Requests["PutItem"] + used.Requests["TransactWriteItems"], used.WriteUnits
}

// documentBytes is how large the document of a stream is, as DynamoDB charges it.
func (m *metered) documentBytes(t *testing.T, stream es.StreamID) (bytes int) {
	t.Helper()
	out, err := m.client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &m.table, ConsistentRead: aws.Bool(true), Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "1|state|" + stream.String()},
			"sk": &types.AttributeValueMemberS{Value: "-"},
		},
	})
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("document of %s: %v, want it stored", stream, err)
	}
	for name, value := range out.Item {
		bytes += len(name)
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			bytes += len(v.Value)
		case *types.AttributeValueMemberN:
			bytes += (len(v.Value)+1)/2 + 1
		case *types.AttributeValueMemberB:
			bytes += len(v.Value)
		default:
			t.Fatalf("attribute %s has the unknown type %T", name, value)
		}
	}
	return bytes
}

// TestUnitsOfAnOrder: each event of an order is one write. Its document is always smaller than 1 KB, so it costs one
// unit, and one for each of the two lists that the order enters, changes its row in, or leaves.
func TestUnitsOfAnOrder(t *testing.T) {
	t.Parallel()
	m := newMetered(t, "orders")
	stream, by := order.Aggregate.Stream(anOrder), es.Command{Meta: es.Meta{Actor: aCustomer}}
	step := func(decide func(order.State) ([]order.Event, error)) func() error {
		return func() error {
			_, err := m.orders.Execute(t.Context(), anOrder, by, decide)
			return err
		}
	}
	sum := 0.0
	for _, test := range []struct {
		name  string
		do    func() error
		lists float64 // in how many of them something changes
	}{
		{"create", func() error {
			_, err := m.orders.Create(t.Context(), anOrder, by, func() ([]order.Event, error) {
				return order.Create(anOrder, aCustomer, []order.Item{item(aProduct, 3, "1234.56")})
			})
			return err
		}, 1},
		{"address", step(func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) }), 1},
		{"place", step(order.State.Place), 2},
		{"pay", step(func(s order.State) ([]order.Event, error) { return s.ReceivePayment("p", s.Total) }), 2},
		{"ship", step(func(s order.State) ([]order.Event, error) { return s.Ship("1Z999AA10123456784") }), 2},
		{"deliver", step(order.State.Deliver), 2},
	} {
		if err := test.do(); err != nil {
			t.Fatal(test.name, err)
		}
		requests, units := m.spent(t, stream)
		size := m.documentBytes(t, stream)
		if requests != 1 || units != 1+test.lists || size > 1024 {
			t.Errorf("%s: %d writes, %v units, %d bytes; want 1, %v and 1024 at most",
				test.name, requests, units, size, 1+test.lists)
		}
		t.Logf("%s: %v units, %d bytes", test.name, units, size)
		sum += units
	}
	if sum != 16 {
		t.Errorf("an order's life costs %v units, want 16", sum)
	}
}

// TestUnitsOfADeposit: a deposit is one row of the statement and one document.
func TestUnitsOfADeposit(t *testing.T) {
	t.Parallel()
	m := newMetered(t, "accounts")
	create(t, m.world, m.accounts, aCustomer, func() ([]account.Event, error) {
		return account.Open(aCustomer, "Ada Lovelace", "", usd("5.00"))
	})
	m.spent(t, account.Aggregate.Stream(aCustomer))
	for range 3 {
		do(t, m.accounts, aCustomer, func(s account.State) ([]account.Event, error) {
			return s.Deposit(usd("10.00"), "wages")
		})
		if requests, units := m.spent(t, account.Aggregate.Stream(aCustomer)); requests != 2 || units != 2 {
			t.Errorf("%d writes, %v units; want 2 and 2", requests, units)
		}
	}
}

// TestUnitsOfCounting: an order is counted by one transaction of its checkpoint and one row a product. Events that
// change no counter cost nothing.
func TestUnitsOfCounting(t *testing.T) {
	t.Parallel()
	m := newMetered(t, "product-counts")
	stream := order.Aggregate.Stream(anOrder)
	create(t, m.world, m.orders, anOrder, func() ([]order.Event, error) {
		return order.Create(anOrder, aCustomer, []order.Item{item(aProduct, 3, "1234.56")})
	})
	for _, test := range []struct {
		name   string
		decide func(order.State) ([]order.Event, error)
		units  float64
	}{
		{"create", nil, 1},
		{"address", func(s order.State) ([]order.Event, error) { return s.SetShippingAddress(address) }, 0},
		{"place", order.State.Place, 4},
		{"pay", func(s order.State) ([]order.Event, error) { return s.ReceivePayment("p", s.Total) }, 0},
		{"ship", ship, 4},
		{"deliver", order.State.Deliver, 0},
	} {
		if test.decide != nil {
			do(t, m.orders, anOrder, test.decide)
		}
		if requests, units := m.spent(t, stream); units != test.units || requests > 1 {
			t.Errorf("%s: %d writes, %v units; want %v", test.name, requests, units, test.units)
		}
	}
}
