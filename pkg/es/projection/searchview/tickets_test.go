//go:build search

package searchview_test

import (
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
)

// The domain of these tests: tickets.
type ticketEvent interface{ isTicket() }

type (
	opened struct {
		Title string    `json:"title"`
		Due   string    `json:"due,omitempty"`
		At    time.Time `json:"at"`
	}
	tagged struct {
		Tag string `json:"tag"`
	}
)

func (opened) isTicket() {}
func (tagged) isTicket() {}

var ticketEvents = es.NewRegistry(es.Type[ticketEvent]("Opened", 1, opened{}), es.Type[ticketEvent]("Tagged", 1, tagged{}))

// ticket is the document of a ticket.
type ticket struct {
	Title string    `json:"title"`
	Due   string    `json:"due,omitempty"`
	At    time.Time `json:"at"`
	Tags  []tag     `json:"tags,omitempty"`
}

type tag struct {
	Name string `json:"name"`
}

// ticketFields are what people search.
var ticketFields = searchindex.Documents[ticket](searchindex.Text("title").By("english"), searchindex.Keyword("title"),
	searchindex.Keyword("tags.name"), searchindex.Instant("due"), searchindex.Instant("at"))

// tickets is the projection with a fold version.
func tickets(version int) *projection.Of[ticket] {
	return projection.New("tickets", version, projection.From(es.Aggregate[struct{}, ticketEvent]{StreamType: "Ticket", Events: ticketEvents},
		projection.On(func(t *ticket, e projection.Event[opened], _ *projection.Writes) error {
			t.Title, t.Due, t.At = e.Data.Title, e.Data.Due, e.Data.At
			return nil
		}),
		projection.On(func(t *ticket, e projection.Event[tagged], _ *projection.Writes) error {
			t.Tags = append(t.Tags, tag{e.Data.Tag})
			return nil
		})))
}
