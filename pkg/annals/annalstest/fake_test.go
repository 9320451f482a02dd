package annalstest_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/pkg/es/projection"
)

// mailer sends mails, card is a card that is charged.
type (
	mailer interface {
		Send(ctx context.Context, id, to string) error
	}
	card interface{ Charge(cents int) error }
)

// The clients of a party: the host is charged by the command, and the guest gets a mail from the reaction.
var (
	mail  = annals.Client("mail", never[mailer])
	cards = annals.Client("cards", never[card])
)

func never[C any](context.Context, func(string) string) (c C, err error) {
	return c, errors.New("opened")
}

func partyWith(clients ...annals.Part) *annals.Service {
	return annals.New("party", annals.Aggregate(guests), annals.Parts(clients...),
		annals.CreateTx("POST /guests", guests, func(tx *annals.Tx, _ guest, b invite) ([]event, error) {
			return []event{invited{b.Name}}, cards.In(tx.Running).Charge(500)
		}),
		annals.React("greet", guests, func(tx *annals.Tx, e projection.Event[event]) error {
			return mail.In(tx.Running).Send(tx.Context(), tx.CommandID(), e.Data.(invited).Name)
		}, event(invited{})),
	)
}

// outbox is a mailer that keeps mails, purse is a card.
type (
	outbox struct{ to, ids []string }
	purse  struct{ cents int }
)

func (o *outbox) Send(_ context.Context, id, to string) error {
	o.to, o.ids = append(o.to, to), append(o.ids, id)
	return nil
}

func (p *purse) Charge(cents int) error {
	p.cents -= cents
	return nil
}

// TestFakes: commands and reactions call the fakes.
func TestFakes(t *testing.T) {
	t.Parallel()
	sent, paid := &outbox{}, &purse{cents: 600}
	s := annalstest.Run(t, partyWith(mail, cards),
		annalstest.Config{Clients: []annals.OpenedClient{mail.Opened(sent), cards.Opened(paid)}})
	if got := s.Do(t, "POST /guests", `{"id":"g","name":"Ada"}`); got.Code != http.StatusCreated {
		t.Fatalf("POST /guests: status %d, body %s; want 201", got.Code, got.Body)
	}
	if !reflect.DeepEqual(sent.to, []string{"Ada"}) || sent.ids[0] == "" || paid.cents != 100 {
		t.Errorf("sent %+v, paid %+v; want a mail to Ada and 100 cents", sent, paid)
	}
}

// TestMissingFakes: nothing opens a real client, and the error names the client.
func TestMissingFakes(t *testing.T) {
	t.Parallel()
	type fakes = []annals.OpenedClient
	for says, test := range map[string]struct {
		service *annals.Service
		fakes   fakes
	}{
		"client mail has no fake: pass one to ClientOf.Opened":           {partyWith(mail), nil},
		"client cards has no fake":                                       {partyWith(cards), fakes{mail.Opened(&outbox{})}},
		"client mail: it is <nil>, not annalstest_test.mailer":           {partyWith(mail), fakes{mail.Opened(nil)}},
		"client mail is opened, but not declared: pass it to annals.New": {partyWith(), fakes{mail.Opened(&outbox{})}},
	} {
		f := &failing{TB: t}
		func() {
			defer func() { _ = recover() }()
			annalstest.Run(f, test.service, annalstest.Config{Clients: test.fakes})
		}()
		if len(f.says) != 1 || !strings.Contains(f.says[0], says) {
			t.Errorf("failure of the test: %q, want %q", f.says, says)
		}
	}
}

// TestUndeclaredClientInTest: a command whose decision calls a client that the service does not declare is answered
// with 500, and such a reaction fails the test.
func TestUndeclaredClientInTest(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	s := annalstest.Run(f, partyWith(cards), annalstest.Config{Clients: []annals.OpenedClient{cards.Opened(&purse{})}})
	s.Do(t, "POST /guests", `{"id":"g","name":"Ada"}`)
	want := "greet parked Guest#g: handler panicked: annals: client mail: pass it to annals.New"
	if len(f.says) != 1 || !strings.HasPrefix(f.says[0], want) {
		t.Errorf("failure of the test: %q, want %q", f.says, want)
	}
	got := annalstest.Run(t, partyWith()).Do(t, "POST /guests", `{"id":"g","name":"Ada"}`)
	if got.Code != http.StatusInternalServerError {
		t.Errorf("POST /guests with a client that fails: status %d, body %s; want 500", got.Code, got.Body)
	}
}
