package annalslambda_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/annalstest"
)

// echo answers with the request as the handler sees it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Add("X-Seen", r.Method)
	w.Header().Add("X-Seen", r.URL.EscapedPath())
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "%s?%s %s from %s, %s: %s", r.URL.Path, r.URL.RawQuery, r.Host, r.RemoteAddr,
		r.Header.Get("If-Match"), body)
})

func TestGateway(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("héllo"))
	const head = `{"version":"2.0","requestContext":{"http":{"method":"POST","sourceIp":"192.0.2.1"}},` +
		`"headers":{"host":"h","if-match":"\"7\""},`
	tests := []struct{ name, event, path, body string }{
		{"text",
			`"routeKey":"POST /a/{id}/b","rawPath":"/a/1/b","rawQueryString":"x=%20","pathParameters":{"id":"1"},"body":"text"`,
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
			out, err := annalslambda.Gateway(tiny, echo, slog.New(slog.DiscardHandler))(t.Context(), event)
			if err != nil {
				t.Fatal(err)
			}
			if out.StatusCode != http.StatusTeapot || out.Body != tt.body || out.Headers["X-Seen"] != "POST, "+tt.path ||
				out.IsBase64Encoded {
				t.Errorf("got %+v, want %q on %s", out, tt.body, tt.path)
			}
		})
	}
}

// TestAuthorizers: only a token's claims identify a caller. A request of an authorizer of another kind is refused; if
// the route has no authorizer, every request is allowed.
func TestAuthorizers(t *testing.T) {
	t.Parallel()
	s := annalstest.Run(t, tiny)
	for name, test := range map[string]struct {
		authorizer string
		status     int
	}{
		"none": {`{}`, http.StatusNotFound},
		"a token": {
			`{"authorizer":{"jwt":{"claims":{"sub":"ada","scope":"notes/query"}}}}`, http.StatusNotFound,
		},
		"a token of no scope":    {`{"authorizer":{"jwt":{"claims":{"sub":"ada"}}}}`, http.StatusForbidden},
		"a Lambda authorizer":    {`{"authorizer":{"lambda":{"principalId":"ada"}}}`, http.StatusForbidden},
		"an authorizer with IAM": {`{"authorizer":{"iam":{"userId":"ada"}}}`, http.StatusForbidden},
	} {
		event := events.APIGatewayV2HTTPRequest{
			RouteKey: "GET /notes/{id}", RawPath: "/notes/n", PathParameters: map[string]string{"id": "n"},
		}
		if err := json.Unmarshal([]byte(test.authorizer), &event.RequestContext); err != nil {
			t.Fatal(err)
		}
		event.RequestContext.HTTP.Method = http.MethodGet
		out, err := annalslambda.Gateway(tiny, s, slog.New(slog.DiscardHandler))(t.Context(), event)
		if err != nil || out.StatusCode != test.status {
			t.Errorf("%s: status %d, body %s, %v; want status %d", name, out.StatusCode, out.Body, err, test.status)
		}
	}
}
