package functions_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestRouteIsNotConfused sends a parameter that holds a path: it must not reach another route than API Gateway's.
func TestRouteIsNotConfused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for _, id := range []string{"a-1/close", "a-1%2Fclose", "..", ".", "", "../accounts/a-1"} {
		out, err := s.functions[annalsaws.Command](t.Context(), events.APIGatewayV2HTTPRequest{
			RouteKey: "POST /accounts/{id}/deposits", PathParameters: map[string]string{"id": id}, Body: usd5,
			RequestContext: events.APIGatewayV2HTTPRequestContext{
				HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST"},
			},
		})
		if err != nil || out.StatusCode != http.StatusBadRequest && out.StatusCode != http.StatusNotFound {
			t.Errorf("request with the id %q: status %d, body %s, %v; want 400 or 404", id, out.StatusCode, out.Body, err)
		}
	}
}

// TestPrincipal: who did something is the subject of the token, to whom an idempotency key belongs.
func TestPrincipal(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for range 2 { // the second is a repeat
		s.as(t, "operator", "POST /accounts/a-1/deposits", usd5, "Idempotency-Key: k").is(t, "200")
	}
	s.ok(t, "POST /accounts/a-1/deposits", usd5, "Idempotency-Key: k") // another principal's key
	s.query(t, "GET /streams/Account/a-1", `{"items":[{"metadata":{"actor":"dev"}},{"metadata":{"actor":"operator"}},`+
		`{"metadata":{"actor":"dev"}}]}`)
}

// TestScopes: each route is for callers that have its scope, by either claim that API Gateway knows. A caller without a
// name gets no route.
func TestScopes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	tests := []struct{ target, claims, want string }{
		{"GET /accounts/x", `{"sub":"ada","scope":"shop/query"}`, "404 not-found"},
		{"GET /accounts/x", `{"sub":"ada","scp":"[openid shop/query]"}`, "404 not-found"},
		{"GET /accounts/x", `{"sub":"ada","scope":"shop/command shop/operate"}`, "403 forbidden"},
		{"GET /accounts/x", `{"sub":"ada","scope":"annals/queryx"}`, "403 forbidden"},
		{"GET /accounts/x", `{"sub":"ada"}`, "403 forbidden"},
		{"GET /accounts/x", `{"sub":"","scope":"shop/query shop/operate"}`, "403 forbidden"},
		{"GET /accounts/x", `{"scope":"shop/query shop/operate"}`, "403 forbidden"},
		{"POST /accounts/x/close", `{"sub":"ada","scope":"shop/command"}`, "404 not-found"},
		{"POST /accounts/x/close", `{"sub":"ada","scope":"shop/query"}`, "403 forbidden"},
		{"GET /orders?status=active", `{"sub":"ada","scope":"shop/query shop/command"}`, "403 forbidden"},
		{"GET /orders?status=active", `{"sub":"ada","scope":"shop/operate"}`, "200"},
		{"POST /orders/x/delivery", `{"sub":"ada","scope":"shop/query shop/command"}`, "403 forbidden"},
		{"POST /orders/x/delivery", `{"sub":"ada","scope":"shop/operate"}`, "404 not-found"},
	}
	for _, test := range tests {
		function, text := request(t, test.target, "")
		var event events.APIGatewayV2HTTPRequest
		signed := strings.Replace(string(text), `"requestContext":{`, `"requestContext":{"authorizer":{"jwt":{"claims":`+
			test.claims+`}},`, 1)
		if err := json.Unmarshal([]byte(signed), &event); err != nil {
			t.Fatal(err)
		}
		out, err := s.functions[function](t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		documented(t, event, out).is(t, test.want)
	}
}

// TestCorrelationWithTheAccessLog: what API Gateway calls a request ties together what it causes, where the caller does
// not say.
func TestCorrelationWithTheAccessLog(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for given, want := range map[string]string{"": "JKJaXmPLvHcESHA=", `"x-correlation-id":"c-1"`: "c-1"} {
		event := events.APIGatewayV2HTTPRequest{RouteKey: "GET /accounts/{id}", PathParameters: map[string]string{"id": "x"}}
		if err := json.Unmarshal([]byte("{"+given+"}"), &event.Headers); err != nil {
			t.Fatal(err)
		}
		event.RequestContext.HTTP.Method, event.RequestContext.RequestID = "GET", "JKJaXmPLvHcESHA="
		out, err := s.functions[annalsaws.Query](t.Context(), event)
		if err != nil || out.Headers["X-Correlation-Id"] != want {
			t.Errorf("request with the correlation id %q: %+v, %v, want %q", given, out, err, want)
		}
	}
}
