package app_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/app"
)

// echo answers with the request as the handler sees it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Add("X-Seen", r.Method)
	w.Header().Add("X-Seen", r.URL.EscapedPath())
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "%s?%s %s from %s, %s: %s", r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr, r.Header.Get("If-Match"), body)
})

func TestGateway(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("héllo"))
	const head = `{"version":"2.0","requestContext":{"http":{"method":"POST","sourceIp":"192.0.2.1"}},"headers":{"host":"h","if-match":"\"7\""},`
	tests := []struct{ name, event, path, body string }{
		{"text", `"routeKey":"POST /a/{id}/b","rawPath":"/a/1/b","rawQueryString":"x=%20","pathParameters":{"id":"1"},"body":"text"`,
			"/a/1/b", `/a/1/b?x=%20 h from 192.0.2.1, "7": text`},
		{"base64", `"routeKey":"POST /a","rawPath":"/a","body":"` + encoded + `","isBase64Encoded":true`,
			"/a", `/a? h from 192.0.2.1, "7": héllo`},
		{"stage in the raw path", `"routeKey":"POST /a/{id}","rawPath":"/prod/a/1","pathParameters":{"id":"1"}`,
			"/a/1", `/a/1? h from 192.0.2.1, "7": `},
		{"slash in a parameter", `"routeKey":"POST /a/{id}","rawPath":"/a/1%2Fb","pathParameters":{"id":"1/b"}`,
			"/a/1%2Fb", `/a/1/b? h from 192.0.2.1, "7": `},
		{"per cent in a parameter", `"routeKey":"POST /a/{id}","rawPath":"/a/1%2Fb","pathParameters":{"id":"1%2Fb"}`,
			"/a/1%252Fb", `/a/1%2Fb? h from 192.0.2.1, "7": `},
		{"no route", `"routeKey":"$default","rawPath":"/a/1"`,
			"/a/1", `/a/1? h from 192.0.2.1, "7": `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var event events.APIGatewayV2HTTPRequest
			if err := json.Unmarshal([]byte(head+tt.event+"}"), &event); err != nil {
				t.Fatal(err)
			}
			out, err := app.Gateway(echo, slog.New(slog.DiscardHandler))(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			if out.StatusCode != http.StatusTeapot || out.Body != tt.body || out.Headers["X-Seen"] != "POST, "+tt.path || out.IsBase64Encoded {
				t.Errorf("got %+v, want %q on %s", out, tt.body, tt.path)
			}
		})
	}
}

// TestRouteIsNotConfused sends a parameter that holds a path: it must not reach another route than API Gateway's.
func TestRouteIsNotConfused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for _, id := range []string{"a-1/close", "a-1%2Fclose", "..", ".", "", "../accounts/a-1"} {
		out, err := s.functions["command"](t.Context(), events.APIGatewayV2HTTPRequest{
			RouteKey: "POST /accounts/{id}/deposits", PathParameters: map[string]string{"id": id}, Body: usd5,
			RequestContext: events.APIGatewayV2HTTPRequestContext{HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST"}},
		})
		if err != nil || out.StatusCode != http.StatusBadRequest && out.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %d %s %v", id, out.StatusCode, out.Body, err)
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
	s.query(t, "GET /streams/Account/a-1", `{"items":[{"metadata":{"actor":"dev"}},{"metadata":{"actor":"operator"}},{"metadata":{"actor":"dev"}}]}`)
}

// TestScopes: each route is for who has its scope, by either claim that API Gateway knows, and for nobody without a name.
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
		signed := strings.Replace(string(text), `"requestContext":{`, `"requestContext":{"authorizer":{"jwt":{"claims":`+test.claims+`}},`, 1)
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

// TestCorrelationWithTheAccessLog: what API Gateway calls a request ties together what it causes, where the caller does not say.
func TestCorrelationWithTheAccessLog(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for given, want := range map[string]string{"": "JKJaXmPLvHcESHA=", `"x-correlation-id":"c-1"`: "c-1"} {
		event := events.APIGatewayV2HTTPRequest{RouteKey: "GET /accounts/{id}", PathParameters: map[string]string{"id": "x"}}
		if err := json.Unmarshal([]byte("{"+given+"}"), &event.Headers); err != nil {
			t.Fatal(err)
		}
		event.RequestContext.HTTP.Method, event.RequestContext.RequestID = "GET", "JKJaXmPLvHcESHA="
		out, err := s.functions["query"](t.Context(), event)
		if err != nil || out.Headers["X-Correlation-Id"] != want {
			t.Errorf("given %q: %+v %v", given, out, err)
		}
	}
}
