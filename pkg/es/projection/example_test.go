package projection_test

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// ticketEvent is what happens to a ticket of a help desk.
type ticketEvent interface{ isTicketEvent() }
type opened struct{ Subject string }
type closed struct{}

func (opened) isTicketEvent() {}
func (closed) isTicketEvent() {}

var ticketEvents = es.NewRegistry(es.Type[ticketEvent]("TicketOpened", 1, opened{}),
	es.Type[ticketEvent]("TicketClosed", 1, closed{}))

// openTickets lists the open tickets, and counts them. Its state is what it must remember of a ticket.
var (
	openTickets = projection.New("open-tickets", 1, projection.From(
		es.Aggregate[struct{}, ticketEvent]{StreamType: "Ticket", Events: ticketEvents},
		projection.On(func(t *ticket, e projection.Event[opened], w *projection.Writes) error {
			t.Subject = e.Data.Subject
			w.Add(count, "open", projection.Int(1))
			open.Put(w, projection.Key{Partition: "open", Sort: e.Stream.ID}, *t)
			return nil
		}),
		projection.On(func(_ *ticket, e projection.Event[closed], w *projection.Writes) error {
			w.Add(count, "open", projection.Int(-1))
			open.Delete(w, projection.Key{Partition: "open", Sort: e.Stream.ID})
			return nil
		}),
	), open)
	open  = projection.OwnRows[ticket]("open")
	count = projection.Key{Partition: "count", Sort: "all"}
)

type ticket struct{ Subject string }

// An engine accepts commits as they are delivered, twice and out of order: each counts once.
func ExampleEngine() {
	ctx, store, view := context.Background(), memstore.New(), memview.New()
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{}, projection.Subscription{
		Projection: openTickets, View: view,
	})

	one, two := es.StreamID{Type: "Ticket", ID: "1"}, es.StreamID{Type: "Ticket", ID: "2"}
	first, then := appended(store, one, opened{"No sound"}), appended(store, one, closed{})
	other := appended(store, two, opened{"No picture"})
	failed := engine.Apply(ctx, []es.Commit{then, other, first, other})
	fmt.Println("failed:", len(failed))

	for _, stream := range []es.StreamID{one, two} {
		key := projection.RowKey{Key: projection.OwnKey(stream, projection.Key{Partition: "open", Sort: stream.ID})}
		rows, _ := view.Rows(ctx, 1, key)
		fmt.Println("ticket", stream.ID, "is listed:", rows[key].Row != nil)
	}
	count := projection.RowKey{Key: count, Kind: projection.SharedRow}
	rows, _ := view.Rows(ctx, 1, count)
	fmt.Println("open:", rows[count].Counters["open"])
	// Output:
	// failed: 0
	// ticket 1 is listed: false
	// ticket 2 is listed: true
	// open: 1
}

// appended is the commit of an event, after it is appended to a stream.
func appended(store es.Store, stream es.StreamID, event ticketEvent) es.Commit {
	ctx := context.Background()
	raw, err := ticketEvents.Encode(event)
	if err != nil {
		panic(err)
	}
	head, err := store.Head(ctx, stream)
	if err != nil {
		panic(err)
	}
	stored, err := store.Append(ctx, es.Append{Writes: []es.Write{{Head: head, Events: []es.RawEvent{raw}}}})
	if err != nil {
		panic(err)
	}
	return stored[0].Commit
}
