package reaction_test

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// A service that sends an invoice for each order.
type orderEvent interface{ isOrderEvent() }
type placed struct{ Total int }

func (placed) isOrderEvent() {}

type invoiceEvent interface{ isInvoiceEvent() }
type sent struct{ Total int }

func (sent) isInvoiceEvent() {}

var (
	orders = es.Aggregate[int, orderEvent]{
		StreamType: "Order", Events: es.NewRegistry(es.Type[orderEvent]("OrderPlaced", 1, placed{})),
		Evolve: func(*int, orderEvent) {},
	}
	invoices = es.Aggregate[int, invoiceEvent]{
		StreamType: "Invoice", Events: es.NewRegistry(es.Type[invoiceEvent]("InvoiceSent", 1, sent{})),
		Evolve: func(total *int, e invoiceEvent) { *total += e.(sent).Total },
	}
)

// A reaction executes a command for each event. The same event always gives the same command id, so a command that was
// already executed is not executed twice.
func Example() {
	ctx, store := context.Background(), memstore.New()
	executor := es.NewExecutor(store)
	orderRepo := es.NewRepository(executor, orders)
	invoiceRepo := es.NewRepository(executor, invoices)

	invoice := reaction.New(reaction.Reaction{
		Name: "send-invoice",
		Sources: []reaction.Source{reaction.From(orders, reaction.On(
			func(ctx context.Context, e projection.Event[placed], cmd es.Command) error {
				_, err := invoiceRepo.Create(ctx, e.Stream.ID, cmd, func() ([]invoiceEvent, error) {
					return []invoiceEvent{sent(e.Data)}, nil
				})
				return err
			},
		))},
	})
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{},
		projection.Subscription{Projection: invoice, View: memview.New()})

	_, err := orderRepo.Create(ctx, "7", es.Command{}, func() ([]orderEvent, error) {
		return []orderEvent{placed{Total: 30}}, nil
	})
	fmt.Println("placed:", err)
	for commit := range store.Read(ctx, orders.Stream("7"), es.Range{}) { // on AWS, Lambda delivers it
		fmt.Println("failed:", len(engine.Apply(ctx, []es.Commit{commit})))
	}
	repeated, err := invoice.Repeat(ctx, store, orders.Stream("7"), 1)
	fmt.Println("repeated:", repeated, err)
	all, err := invoiceRepo.Load(ctx, "7")
	fmt.Println("invoiced:", all.State, "in version", all.Version, err)
	// Output:
	// placed: <nil>
	// failed: 0
	// repeated: 1 <nil>
	// invoiced: 30 in version 1 <nil>
}
