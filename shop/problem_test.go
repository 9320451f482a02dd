package shop_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	c.ok(t, "POST /products", listP)
	c.ok(t, "POST /orders", `{"orderId":"o","customerId":"c"}`)
	huge := `{"ownerName":"` + strings.Repeat("x", annalshttp.MaxBodyBytes) + `"}`
	items := strings.Repeat(`,{"productId":"p","quantity":1,"unitPrice":{"amount":"1","currency":"USD"}}`, 100)
	tests := []struct {
		target, body string
		headers      []string
		status       int
		code         string
	}{
		{"GET /nowhere", "", nil, 404, "no-such-route"},
		{"POST /accounts/../orders", "", nil, 404, "no-such-route"},
		{"POST /accounts//close", "", nil, 404, "no-such-route"},
		{"GET /accounts", "", nil, 405, "method-not-allowed"},
		{"DELETE /accounts/a/deposits", "", nil, 405, "method-not-allowed"},
		{"POST /accounts/x/deposits", usd5, nil, 404, "not-found"},
		{"POST /orders/x/place", "", nil, 404, "not-found"},
		{"POST /accounts", openA, nil, 409, "already-exists"},
		{"POST /accounts", openA, []string{"Idempotency-Key: other"}, 409, "already-exists"},
		{"POST /accounts/a/deposits", usd5, []string{`If-Match: "2"`}, 412, "version-mismatch"},
		{"POST /accounts/a/deposits", usd5, []string{`If-Match: "0"`}, 412, "version-mismatch"},
		{"POST /accounts", huge, nil, 413, "too-large"},
		{"POST /accounts", openB, []string{"Content-Type: text/plain"}, 415, "unsupported-media-type"},
		{"POST /accounts", openB, []string{"Content-Type: application/xml"}, 415, "unsupported-media-type"},
		{"POST /accounts", strings.Replace(openB, `"0"`, `"-1"`, 1), nil, 422, "amount-negative"},
		{"POST /accounts/a/deposits", strings.Replace(usd5, "5.00", "0", 1), nil, 422, "amount-not-positive"},
		{"POST /accounts/a/deposits", strings.Replace(usd5, "5.00", "-5", 1), nil, 422, "amount-not-positive"},
		{"POST /accounts/a/deposits", strings.Replace(usd5, "USD", "EUR", 1), nil, 422, "currency-mismatch"},
		{"POST /accounts/a/withdrawals", strings.Replace(usd5, "5.00", "500", 1), nil, 422, "insufficient-funds"},
		{"POST /accounts/a/close", "", nil, 422, "balance-not-zero"},
		{"POST /orders/o/shipments", `{"trackingNumber":"T"}`, nil, 422, "order-not-placed"},
		{"POST /orders/o/place", "", nil, 422, "order-empty"},
		{"DELETE /orders/o/items/p", "", nil, 422, "item-not-in-order"},
		{
			"POST /orders/o/items", `{"productId":"p","quantity":0,"unitPrice":{"amount":"1","currency":"USD"}}`,
			nil, 422, "quantity-not-positive",
		},
		{"POST /orders", `{"customerId":"c","items":[` + items[1:] + `]}`, nil, 422, "too-many-items"},
		{"POST /orders/o/items", `{"productId":"x","quantity":1}`, nil, 422, "unknown-product"},
		{"POST /orders", `{"customerId":"c","items":[{"productId":"x","quantity":1}]}`, nil, 422, "unknown-product"},
	}
	t.Run("refused", func(t *testing.T) { // all of them, before what follows
		for _, tt := range tests {
			t.Run(tt.code+" "+tt.target, func(t *testing.T) {
				t.Parallel()
				p := c.send(t, tt.target, tt.body, tt.headers...).refused(t, tt.status, tt.code)
				if p.Detail == "" {
					t.Error("the problem has no detail")
				}
			})
		}
	})
	if c.log.String() != "" {
		t.Errorf("log: %s, want nothing", c.log)
	}
	if allow := c.send(t, "GET /accounts", "").header.Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %q, want POST", allow)
	}
}

// failing is a store whose appends and loads return given errors.
type failing struct {
	es.Store
	append, load func(context.Context) error
}

func (f *failing) Append(ctx context.Context, a es.Append) ([]es.Stored, error) {
	if f.append != nil {
		return nil, f.append(ctx)
	}
	return f.Store.Append(ctx, a)
}

func (f *failing) Load(ctx context.Context, after es.Head, visit func(*es.Commit) error) (es.Head, error) {
	if f.load != nil {
		return es.Head{}, f.load(ctx)
	}
	return f.Store.Load(ctx, after, visit)
}

var errThrottled = errors.New("throttled")

// fault is an error of the store, with the expected answer and log.
type fault struct {
	name   string
	err    error
	status int
	code   string
	logs   string
}

const secret = "secret-7"

func TestFaults(t *testing.T) {
	t.Parallel()
	stream := es.StreamID{Type: "Account", ID: "a"}
	tests := []fault{
		{"conflict", &es.ConflictError{Stream: stream, Expected: 1, Actual: 2}, 409, "conflict", ""},
		{
			"outcome", &es.UnknownOutcomeError{Stream: stream, CommitID: "c", Err: context.DeadlineExceeded},
			503, "outcome-unknown", "WARN",
		},
		{"throttle", errThrottled, 503, "unavailable", "WARN"},
		{"timeout", context.DeadlineExceeded, 503, "unavailable", "WARN"},
		{"limit", &es.LimitError{Stream: stream, What: "bytes in a commit", Size: 2, Limit: 1}, 413, "too-large", ""},
		{
			"corrupt", &es.CorruptError{Stream: stream, Version: 7, Reason: "payload of X", Err: errors.New(secret)},
			500, "internal", "Account#a@7",
		},
		{
			"newer", &es.UnknownEventError{Stream: stream, Version: 7, Type: "Y", Schema: 3},
			500, "internal", "event Y schema 3",
		},
		{"unknown", errors.New("access denied"), 500, "internal", "access denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fail := func(context.Context) error { return fmt.Errorf("store: %w", tt.err) }
			tt.check(t, &failing{append: fail})
			tt.check(t, &failing{load: fail})
		})
	}
}

func (f fault) check(t *testing.T, store *failing) {
	t.Helper()
	memory := newStore(t)
	store.Store = memory
	on(t, memory, annalshttp.Config{}).ok(t, "POST /accounts", openA)
	c := on(t, store, annalshttp.Config{Unavailable: func(err error) bool { return errors.Is(err, errThrottled) }})
	const body = `{"amount":{"amount":"5","currency":"USD"},"description":"` + secret + `"}`
	got := c.send(t, "POST /accounts/a/deposits", body, "X-Correlation-Id: c-7")
	p := got.refused(t, f.status, f.code)
	if retry := got.header.Get("Retry-After"); (f.status == 503) != (retry == "1") {
		t.Errorf("Retry-After: %q, want 1 with the status 503 alone", retry)
	}
	if strings.Contains(got.text, secret) || f.status == 500 && strings.Contains(p.Detail, f.err.Error()) {
		t.Errorf("answer: %s, want no internal text", got.text)
	}
	log := c.log.String()
	if lines := strings.Count(log, "\n"); lines > 1 || (lines == 0) != (f.logs == "") || !strings.Contains(log, f.logs) {
		t.Errorf("log: %s, want %q in at most one line", log, f.logs)
	}
	if strings.Contains(log, secret) || log != "" && !strings.Contains(log, `"correlationId":"c-7"`) {
		t.Errorf("log: %s, want the correlation id and no payload", log)
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	thrown := map[string]func(context.Context) error{
		"a text":         func(context.Context) error { panic(secret) },
		"by the runtime": func(context.Context) error { var none []int; return errors.New(secret[none[0]:]) },
	}
	for name, throw := range thrown {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := on(t, &failing{Store: newStore(t), load: throw}, annalshttp.Config{})
			c.send(t, "POST /accounts/a/deposits", usd5).refused(t, 500, "internal")
			if log := c.log.String(); strings.Contains(log, secret) || !strings.Contains(log, "problem_test.go") {
				t.Errorf("log: %s, want the place of the panic and no payload", log)
			}
		})
	}
}
