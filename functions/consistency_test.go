package functions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// jobs are the jobs that were enqueued.
type jobs struct {
	mu  sync.Mutex
	all []string
}

func (q *jobs) Enqueue(_ context.Context, delay time.Duration, all ...projection.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, j := range all {
		q.all = append(q.all, fmt.Sprintf("%s of %s in %s", j.Task, j.Stream, j.Projection))
		if delay != 0 || j.Retry {
			return fmt.Errorf("job %+v after %s", j, delay)
		}
	}
	return nil
}

// take returns what was enqueued since it was called last.
func (q *jobs) take() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.all
	q.all = nil
	return all
}

// queued has queries enqueue catch-ups.
func (s *service) queued(t *testing.T) *jobs {
	t.Helper()
	q := &jobs{}
	queued := s.Deployment
	queued.CatchUps = q
	queries, err := queued.Query()
	if err != nil {
		t.Fatal(err)
	}
	s.functions[annalsaws.Query] = annalslambda.Gateway(declared, queries, s.Log)
	return q
}

// as sends a request of a caller whom an authorizer knows: a customer, or an operator if the subject is "operator".
func (s *service) as(t testing.TB, subject, target, body string, headers ...string) answer {
	t.Helper()
	function, event := request(t, target, body, headers...)
	var in events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(event, &in); err != nil {
		t.Fatal(err)
	}
	in.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: map[string]string{
			"sub": subject, "scope": "shop/command shop/query",
		}},
	}
	if subject == "operator" {
		in.RequestContext.Authorizer.JWT.Claims["scope"] += " shop/operate"
	}
	out, err := s.functions[function](t.Context(), in)
	if err != nil {
		t.Fatalf("invoke the function for %s: %v", target, err)
	}
	return documented(t, in, out)
}

// is checks an answer: "200", "200 strong", "202 not-yet-projected".
func (a answer) is(t *testing.T, want string) answer {
	t.Helper()
	got := fmt.Sprint(a.StatusCode)
	var p struct{ Type string }
	if err := json.Unmarshal([]byte(a.Body), &p); err == nil && p.Type != "" {
		got += " " + p.Type[strings.LastIndexByte(p.Type, '/')+1:]
	} else if c := a.Headers["Consistency"]; c != "" {
		got += " " + c
	}
	if got != want {
		t.Errorf("got %s, want %s: %s", got, want, a.Body)
	}
	return a
}

func token(of string) string { return "Consistency-Token: " + of }

// TestReadYourWrites: a query with the token of a command waits until its read model shows what the command did.
func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	s := newService(t)
	q := s.queued(t)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c","items":[{"productId":"p","quantity":3,`+
		`"unitPrice":{"amount":"2","currency":"USD"}}]}`)
	s.ok(t, "PUT /orders/o/shipping-address", addressJ)
	s.project(t)
	placed := s.ok(t, "POST /orders/o/place", "").Headers["Consistency-Token"]
	if placed != "Order#o@4" {
		t.Fatalf("Consistency-Token %q, want Order#o@4", placed)
	}
	queries := map[string]string{
		"GET /orders/o": `"placed"`, "GET /orders?status=active": `"placed"`, "GET /customers/c/orders": `"placed"`,
		"GET /products/p/inventory": `"ordered":3`, "GET /products/p/sales": `"units":3`, "GET /products/sales": `"units":3`,
	}
	var wg sync.WaitGroup
	for target, want := range queries {
		wg.Go(func() {
			got := s.send(t, target, "", token(placed), "Prefer: wait=10").is(t, "200")
			if !strings.Contains(got.Body, want) || got.Headers["Preference-Applied"] != "wait=10" {
				t.Errorf("%s with wait=10: headers %v, body %s; want the new state and Preference-Applied: wait=10",
					target, got.Headers, got.Body)
			}
		})
	}
	time.Sleep(200 * time.Millisecond) // all of them wait
	s.project(t)
	wg.Wait()
	after := "GET /orders/o?after=" + url.QueryEscape(placed)
	s.ok(t, after, "", token(placed))
	s.send(t, after, "", token("Order#o@3")).is(t, "400 invalid-request")
	s.ok(t, "GET /products/p", "", token(placed)) // products show nothing of orders
	s.ok(t, "GET /streams/Order/o", "", token("Order#o@99")).is(t, "200 strong")
	s.ok(t, "GET /orders/o?version=1", "", token("Order#o@99")).is(t, "200 strong")
	s.send(t, "GET /streams/Order/o", "", token("o@99")).is(t, "400 invalid-request")
	s.send(t, "GET /orders/o?version=1", "", token("o@99")).is(t, "400 invalid-request")
	s.send(t, "GET /orders/o", "", token("")).is(t, "400 invalid-request")
	s.send(t, "GET /orders/o?after=o@1", "").is(t, "400 invalid-request")
	if asked := q.take(); len(asked) > 0 {
		t.Errorf("catch-ups were enqueued for %v", asked)
	}
}

// TestExpiredWait: who created an account sees it from its events, lists are told that it is on its way, and others
// learn nothing.
func TestExpiredWait(t *testing.T) {
	t.Parallel()
	s := newService(t)
	q := s.queued(t)
	s.as(t, "ann", "POST /accounts", opened)
	s.as(t, "bob", "POST /accounts", second)
	s.project(t)
	s.as(t, "ann", "POST /transfers", `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"1",`+
		`"currency":"USD"}}`).is(t, "200")
	const transfer = "Account#a-1@2,Account#a-2@2"
	const one, two = "catch-up of Account#a-1 in ", "catch-up of Account#a-2 in "
	for _, test := range []struct {
		who, target, token, want, shows string
		asked                           []string
	}{
		{"ann", "GET /accounts/a-1", "Account#a-1@2", "200 strong", `"9.00"`, []string{one + "accounts"}},
		{"operator", "GET /accounts/a-1", transfer, "200 strong", `"9.00"`, []string{one + "accounts", two + "accounts"}},
		{"ann", "GET /accounts/a-1", transfer, "200 strong", `"9.00"`, []string{one + "accounts"}},
		{"bob", "GET /accounts/a-2", transfer, "200 strong", `"version":2`, []string{two + "accounts"}},
		{"bob", "GET /accounts/a-1", transfer, "404 not-found", "Account#a-1", nil},
		{"", "GET /accounts/a-1", "Account#a-1@2", "403 forbidden", "subject", nil},
		{"ann", "GET /accounts/a-1", "Account#a-2@2", "200", `"10.00"`, nil},
		{
			"operator", "GET /accounts/a-1", "Account#a-2@2",
			"202 not-yet-projected", "Account#a-2@2", []string{two + "accounts"},
		},
		{
			"ann", "GET /accounts/a-1/statement", "Account#a-1@2",
			"202 not-yet-projected", "accounts", []string{one + "accounts"},
		},
		{"ann", "GET /accounts/a-1", "Account#a-1@3", "400 no-such-version", "version 2", nil},
		{"ann", "GET /accounts/a-1", "Account#a-1@2,Account#x@1", "200 strong", `"9.00"`, []string{one + "accounts"}},
		{"operator", "GET /accounts/a-1", transfer + ",Account#x@1", "404 not-found", "Account#x", nil},
		{"ann", "GET /accounts/a-1", "Account#a-1@1", "200", `"10.00"`, nil},
	} {
		got := s.as(t, test.who, test.target, "", token(test.token), "Prefer: wait=1").is(t, test.want)
		asked := q.take()
		slices.Sort(asked)
		if !strings.Contains(got.Body, test.shows) || !slices.Equal(asked, test.asked) {
			t.Errorf("%q, %s with %s: catch-ups enqueued for %v: %s", test.who, test.target, test.token, asked, got.Body)
		}
		if got.StatusCode/100 == 2 && got.Headers["Preference-Applied"] != "wait=1" ||
			got.StatusCode == http.StatusAccepted && got.Headers["Retry-After"] != "1" {
			t.Errorf("%s with the token %s: headers %v, want the wait that was applied, or Retry-After: 1",
				test.target, test.token, got.Headers)
		}
	}
	young := s.ok(t, "POST /accounts/a-1/deposits", usd5).Headers["Consistency-Token"]
	s.ok(t, "GET /accounts/a-1", "", token(young), "Prefer: wait=0").is(t, "200 strong") // without a caller's name
	if asked := q.take(); len(asked) > 0 {
		t.Errorf("queries without a wait enqueued catch-ups of %v, want none", asked)
	}
}

// TestUnprojected: what is stored and not shown yet is not the same as what there is not.
func TestUnprojected(t *testing.T) {
	t.Parallel()
	s := newService(t)
	q := s.queued(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /products", listedP)
	s.ok(t, "POST /orders", `{"orderId":"o","customerId":"c"}`)
	for _, target := range []string{
		"GET /accounts/a-1", "GET /accounts/a-1/statement", "GET /orders/o",
		"GET /products/p/inventory", "GET /products/p/sales",
	} {
		got := s.send(t, target, "").is(t, "202 not-yet-projected")
		if got.Headers["Retry-After"] != "1" {
			t.Errorf("%s, not yet projected: headers %v, want Retry-After: 1", target, got.Headers)
		}
	}
	if asked := q.take(); len(asked) > 0 {
		t.Errorf("catch-ups were enqueued for a young commit: %v, want none", asked)
	}
	s.ok(t, "GET /customers/c/orders", "")
	s.ok(t, "GET /orders?status=active", "")
	s.ok(t, "GET /products/sales", "")
	time.Sleep(2100 * time.Millisecond)
	s.send(t, "GET /products/p/sales", "").is(t, "202 not-yet-projected")
	if asked := q.take(); !slices.Equal(asked, []string{"catch-up of Product#p in product-counts"}) {
		t.Errorf("catch-ups were enqueued for %v", asked)
	}
}

// TestParkedStream: what waits for a repair is not waited for.
func TestParkedStream(t *testing.T) {
	t.Parallel()
	s := newService(t)
	q := s.queued(t)
	s.strange(t, "x", `{}`)
	s.project(t)
	start := time.Now()
	for _, headers := range [][]string{nil, {token("Account#x@2"), "Prefer: wait=10"}} {
		for _, target := range []string{"GET /accounts/x", "GET /accounts/x/statement"} {
			got := s.send(t, target, "", headers...).is(t, "202 parked")
			if got.Headers["Retry-After"] != "30" {
				t.Errorf("%s, parked: headers %v, want Retry-After: 30", target, got.Headers)
			}
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("request waited %s, want at most 5 s", took)
	}
	if asked := q.take(); len(asked) > 0 {
		t.Errorf("catch-ups were enqueued for %v", asked)
	}
}

// swap has an empty generation of a read model serve, beside which the one before is kept.
func (s *service) swap(t *testing.T, name string) {
	t.Helper()
	catalog := dynamoview.NewCatalog(s.client, s.Tables.Of(annalsaws.Projections))
	records, err := catalog.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := records[name]
	r.Last, r.Builds = 2, []projection.Build{
		{Generation: 1, Fold: 1, Status: projection.Retired}, {Generation: 2, Fold: 1, Status: projection.Serving},
	}
	if err := catalog.Replace(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// TestTokenAndCursor: a list goes on in the generation of its cursor, and that is what is waited for.
func TestTokenAndCursor(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for range 3 {
		s.ok(t, "POST /accounts/a-1/deposits", usd5)
	}
	s.project(t)
	first := s.ok(t, "GET /accounts/a-1/statement?limit=2", "", token("Account#a-1@4"))
	var page struct{ Next string }
	if err := json.Unmarshal([]byte(first.Body), &page); err != nil || page.Next == "" {
		t.Fatalf("first page: %v, body %s; want a cursor of the next page", err, first.Body)
	}
	s.swap(t, "accounts")
	s.queued(t) // queries that know nothing of generations yet
	s.send(t, "GET /accounts/a-1/statement", "", token("Account#a-1@4"), "Prefer: wait=0").is(t, "202 not-yet-projected")
	next := "GET /accounts/a-1/statement?limit=2&cursor=" + page.Next
	if got := s.ok(t, next, "", token("Account#a-1@4")); !strings.Contains(got.Body, `"version":2`) {
		t.Errorf("next page with a Consistency-Token: %s, want version 2", got.Body)
	}
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.send(t, next, "", token("Account#a-1@5"), "Prefer: wait=0").is(t, "202 not-yet-projected")
	s.send(t, "GET /accounts/a-1/statement?cursor=x", "", token("Account#a-1@5")).is(t, "400 invalid-request")
}
