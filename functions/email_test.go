package functions_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
)

func openWith(id, address string) string {
	return `{"accountId":"` + id + `","ownerName":"Ada","email":"` + address +
		`","initialDeposit":{"amount":"0","currency":"USD"}}`
}

// reservation is the id of the stream of an address.
func reservation(t *testing.T, address string) string {
	t.Helper()
	id, err := email.ID([]byte("key"), address)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestEmailIsUnique: one account at a time has an address, however it is spelled, and closing the account frees it.
func TestEmailIsUnique(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", openWith("a", "Ada@Example.com"), "Idempotency-Key: k")
	s.refused(t, "POST /accounts", openWith("b", "ada@example.COM"), http.StatusUnprocessableEntity, "email-taken")
	s.refused(t, "GET /accounts/b", "", http.StatusNotFound, "not-found")
	s.refused(t, "POST /accounts", openWith("b", "nobody"), http.StatusBadRequest, "invalid-request")
	s.ok(t, "POST /accounts", openWith("a", "Ada@Example.com"), "Idempotency-Key: k") // a repeat: it was not taken then
	s.ok(t, "POST /accounts", openWith("c", "carl@example.com"))
	s.ok(t, "POST /accounts/a/close", "", "Idempotency-Key: close", `If-Match: "1"`)
	s.ok(t, "POST /accounts/a/close", "", "Idempotency-Key: close", `If-Match: "1"`)
	s.ok(t, "POST /accounts", openWith("b", "ADA@example.com"))
	s.refused(t, "POST /accounts", openWith("d", "ada@example.com"), http.StatusUnprocessableEntity, "email-taken")

	stream := email.Aggregate.Stream(reservation(t, "ada@example.com"))
	var got []string
	for c, err := range s.events(t).Read(t.Context(), stream, es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Siblings) != 1 || c.Siblings[0].Stream.Type != account.Aggregate.StreamType {
			t.Errorf("%s@%d has siblings %v, want its account", c.Stream, c.Version, c.Siblings)
		}
		got = append(got, c.Events[0].Type+string(c.Events[0].Data))
	}
	const want = `EmailReserved{"accountId":"a"} EmailReleased{"accountId":"a"} EmailReserved{"accountId":"b"}`
	if strings.Join(got, " ") != want {
		t.Errorf("the address's history is %v, want %s", got, want)
	}
}

// TestReservationsAreNotShown: the audit trail shows no other streams than those of accounts, orders and products.
func TestReservationsAreNotShown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", openWith("a", "ada@example.com"))
	s.ok(t, "GET /streams/Account/a", "")
	s.refused(t, "GET /streams/Email/"+reservation(t, "ada@example.com"), "", http.StatusNotFound, "not-found")
}

// TestNoReadModelReadsReservations: what is pushed, and what a token can ask for, comes from read models, which know
// nothing of the streams of addresses.
func TestNoReadModelReadsReservations(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, sub := range s.subscriptions() {
		if sub.Projection.Reads(email.Aggregate.StreamType) {
			t.Errorf("%s reads reservations of addresses", sub.Projection.Name())
		}
	}
}

// TestEmailRace: of many that want one address at once, one gets it.
func TestEmailRace(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var won, taken atomic.Int64
	var gate, done sync.WaitGroup
	gate.Add(1)
	for _, id := range strings.Split("abcdefgh", "") {
		done.Go(func() {
			gate.Wait()
			switch got := s.send(t, "POST /accounts", openWith(id, "ada@example.com")); {
			case got.StatusCode == http.StatusCreated:
				won.Add(1)
			case got.StatusCode == http.StatusUnprocessableEntity && strings.Contains(got.Body, "email-taken"):
				taken.Add(1)
			default:
				t.Errorf("open account %s: unexpected status %d, body %s", id, got.StatusCode, got.Body)
			}
		})
	}
	gate.Done()
	done.Wait()
	if won.Load() != 1 || taken.Load() != 7 {
		t.Errorf("%d got the address and %d did not, want 1 and 7", won.Load(), taken.Load())
	}
}

func TestCommandsNeedTheEmailKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Secrets = func(string) string { return "" }
	if _, err := s.Command(); err == nil || !strings.Contains(err.Error(), email.KeyEnv) {
		t.Errorf("%v, want it to name %s", err, email.KeyEnv)
	}
}
