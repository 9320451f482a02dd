package functions_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/shop/contracttest"
)

// FuzzQuery: no path parameter, query string or header makes a query fail: it is answered, or refused with a problem
// that says why. The read models are real, since what a database refuses (a key that is too long, text that is no
// UTF-8) no fake does.
func FuzzQuery(f *testing.F) {
	f.Setenv("DYNAMODB_ENDPOINT", dynamotest.Endpoint(f)) // for the workers, which would each start their own
	s := newService(f)
	s.ok(f, "POST /accounts", opened)
	s.ok(f, "POST /accounts/a-1/deposits", usd5)
	s.ok(f, "POST /products", `{"productId":"a-1","name":"Tea","unitPrice":{"amount":"2.50","currency":"USD"}}`)
	s.ok(f, "POST /orders", `{"orderId":"a-1","customerId":"a-1","items":[{"productId":"a-1","quantity":2,`+
		`"unitPrice":{"amount":"2.50","currency":"USD"}}]}`)
	s.project(f)
	cursor := func(text string) string {
		return "limit=1&cursor=" + base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	seeds := []struct{ id, query, header, value string }{
		{"a-1", "", "", ""},
		{"a-1", "limit=1&status=active", "consistency-token", "Account#a-1@2"},
		{"nobody", "after=Account%23nobody@1", "", ""},
		{"a-1", "version=1", "x-correlation-id", "c"},
		{"a-1", "asOf=0001-01-01T00:00:00Z", "", ""},
		{"a-1", "asOf=9999-12-31T23:59:60%2B23:59", "", ""},
		{"a-1", cursor("1|x") + "&status=active", "", ""},
		{"a-1", cursor("1|" + strings.Repeat("x", 2000)), "", ""},
		{"a-1", cursor("1|\xff"), "", ""},
		{"a-1", cursor("9223372036854775807|x"), "", ""},
		{"a-1", cursor("Account#a-1@9223372036854775807"), "", ""},
		{"a%2F1#@", "top=1000&top=1", "", ""},
		{"\u2028", "%zz&;=", "if-match", "*"},
		{"\xe2", "", "", ""},
		{strings.Repeat("é", 600), "", "", ""},
	}
	var queries []*annals.Operation
	for _, o := range declared.Operations {
		if !o.Kind.Commands() {
			queries = append(queries, o)
		}
	}
	for route := range queries {
		for _, seed := range seeds {
			f.Add(route, "Account", seed.id, seed.query, seed.header, seed.value)
		}
	}
	f.Fuzz(func(t *testing.T, route int, typ, id, query, header, value string) {
		r := queries[((route%len(queries))+len(queries))%len(queries)]
		event := events.APIGatewayV2HTTPRequest{
			RouteKey: r.Method + " " + r.Path, PathParameters: map[string]string{"type": typ, "id": id}, RawQueryString: query,
			Headers: map[string]string{strings.ToLower(header): value, "prefer": "wait=0"},
		}
		event.RequestContext.HTTP.Method = r.Method
		got, err := s.functions[annalsaws.Query](t.Context(), event)
		if err != nil || got.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s of %q %q?%s, %s: %q: status %d, body %s, %v; log:\n%s",
				r.Path, typ, id, query, header, value, got.StatusCode, got.Body, err, s.log)
		}
		contracttest.Check(t, r.Method, r.Path, contracttest.Answer{
			Status: got.StatusCode, ContentType: got.Headers["Content-Type"], Body: got.Body,
		})
		if kind := got.Headers["Content-Type"]; got.StatusCode >= http.StatusBadRequest &&
			kind != "application/problem+json" {
			t.Errorf("%s of %q %q?%s, %s: %q: status %d as %q, want a problem",
				r.Path, typ, id, query, header, value, got.StatusCode, kind)
		}
	})
}
