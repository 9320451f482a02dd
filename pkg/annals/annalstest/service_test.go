package annalstest_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The sample: a guest is invited, a reaction greets the guest, and an event is published.
type (
	event   interface{ isEvent() }
	invited struct{ Name string }
	greeted struct{}
	guest   struct {
		Name    string `json:"name"`
		Greeted bool   `json:"greeted"`
	}
	invite struct {
		ID   annals.ID `json:"id" annals:"id"`
		Name string    `json:"name"`
	}
	news struct {
		Name string `json:"name"`
	}
)

func (invited) isEvent()  {}
func (greeted) isEvent()  {}
func (news) Type() string { return "guest.invited.v1" }

var guests = es.Aggregate[guest, event]{
	StreamType: "Guest",
	Events:     es.NewRegistry(es.Type[event]("GuestInvited", 1, invited{}), es.Type[event]("GuestGreeted", 1, greeted{})),
	Evolve: func(g *guest, e event) {
		switch e := e.(type) {
		case invited:
			g.Name = e.Name
		case greeted:
			g.Greeted = true
		}
	},
}

var list = projection.New("guests", 1, projection.From(guests, projection.On(
	func(g *guest, e projection.Event[event], _ *projection.Writes) error {
		if invited, is := e.Data.(invited); is && invited.Name == "nobody" {
			return errors.New("a name is missing")
		}
		guests.Evolve(g, e.Data)
		return nil
	},
)))

func party() *annals.Service {
	key := annals.Secret("KEY", 8)
	return annals.New("party", key,
		annals.Aggregate(guests),
		annals.CreateTx("POST /guests", guests, func(tx *annals.Tx, _ guest, b invite) ([]event, error) {
			if len(key.In(tx.Running)) < 8 {
				return nil, errors.New("no key")
			}
			return []event{invited{b.Name}}, nil
		}),
		annals.Document("GET /guests/{id}", list),
		annals.React("greet", guests, func(tx *annals.Tx, e projection.Event[event]) error {
			g, err := annals.Load(tx, guests, e.Stream.ID)
			if err == nil && !g.State.Greeted {
				g.Record(greeted{})
			}
			return err
		}, event(invited{})),
		annals.Publish(guests, func(_ string, e event) (publish.Data, error) {
			return news(e.(invited)), nil
		}, event(invited{})),
	)
}

// TestRun: when a command is answered, read models, reactions and the bus have its events. With Hold, Deliver delivers
// them.
func TestRun(t *testing.T) {
	t.Parallel()
	for _, hold := range []bool{false, true} {
		s := annalstest.Run(t, party(), annalstest.Config{Hold: hold, Secret: "password"})
		if got := s.Do(t, "POST /guests", `{"id":"g","name":"Ada"}`); got.Code != http.StatusCreated {
			t.Fatalf("POST /guests: status %d, body %s; want 201", got.Code, got.Body)
		}
		if hold {
			got := s.Do(t, "GET /guests/g", "")
			if got.Code != http.StatusAccepted || len(s.Published()) != 0 {
				t.Errorf("before Deliver: %d %s, %d events published", got.Code, got.Body, len(s.Published()))
			}
			s.Deliver(t)
		}
		if got := s.Do(t, "GET /guests/g", "").Body.String(); got != "{\"name\":\"Ada\",\"greeted\":true}\n" {
			t.Errorf("guest: %s, want Ada, greeted", got)
		}
		if all := s.Published(); len(all) != 1 || !strings.Contains(string(all[0].Detail), `"Ada"`) {
			t.Errorf("published: %v, want one event of Ada", all)
		}
	}
}

// failing is a test that fails.
type failing struct {
	testing.TB
	says []string
}

func (f *failing) Helper()                      {}
func (f *failing) Fatal(args ...any)            { f.says = append(f.says, args[0].(error).Error()); panic(f) }
func (f *failing) Errorf(s string, args ...any) { f.says = append(f.says, fmt.Sprintf(s, args...)) }

func TestCheck(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	func() {
		defer func() { _ = recover() }()
		annalstest.Run(f, annals.New("party"))
	}()
	if len(f.says) != 1 || !strings.Contains(f.says[0], "there is no aggregate") {
		t.Errorf("failure for a wrong declaration: %q", f.says)
	}
	f.says = nil
	annalstest.Run(f, party()).Do(t, "POST /guests", `{"id":"g","name":"nobody"}`)
	if len(f.says) != 1 || f.says[0] != "guests parked Guest#g: a name is missing" {
		t.Errorf("failure for a stream that can't be projected: %q", f.says)
	}
}

// greetings is the body of POST /greetings.
type greetings struct {
	Guests []annals.ID `json:"guests"`
}

// TestRunOfMany: a command over as many aggregates as it names runs in a test.
func TestRunOfMany(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, annals.New("party",
		annals.Aggregate(guests),
		annals.Create("POST /guests", guests, func(_ guest, b invite) ([]event, error) {
			return []event{invited{b.Name}}, nil
		}),
		annals.Transact("POST /greetings", annals.AtAll(guests, func(b greetings) []annals.ID { return b.Guests }),
			func(tx *annals.Tx, b greetings) error {
				for _, id := range b.Guests {
					g, err := annals.Load(tx, guests, string(id))
					if err != nil {
						return err
					}
					g.Record(greeted{})
				}
				return nil
			},
			func(_ *annals.Done, b greetings) (int, error) { return len(b.Guests), nil }),
		annals.Document("GET /guests/{id}", list),
	))
	for _, id := range []string{"a", "b", "c"} {
		s.Do(t, "POST /guests", `{"id":"`+id+`","name":"Ada"}`)
	}
	if got := s.Do(t, "POST /greetings", `{"guests":["a","c"]}`); got.Code != http.StatusOK || got.Body.String() != "2\n" {
		t.Errorf("POST /greetings: status %d, body %s; want 200 and 2", got.Code, got.Body)
	}
	for id, want := range map[string]bool{"a": true, "b": false, "c": true} {
		got := s.Do(t, "GET /guests/"+id, "").Body.String()
		if strings.Contains(got, `"greeted":true`) != want {
			t.Errorf("guest %s: %s, want greeted %t", id, got, want)
		}
	}
	if got := s.Do(t, "POST /greetings", `{"guests":[]}`); got.Code != http.StatusBadRequest {
		t.Errorf("greet without guests: status %d, body %s; want 400", got.Code, got.Body)
	}
}
