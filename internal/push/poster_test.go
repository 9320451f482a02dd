package push

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

func TestPostIsSigned(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	if err := newPoster(t, g.URL+"/live/").Post(t.Context(), "L0S/M9c=", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got := g.arrived(); len(got) != 1 || got[0] != (post{"L0S/M9c=", "hello"}) {
		t.Errorf("messages that arrived: %v, want hello to L0S/M9c=", got)
	}
	if g.uri != "/live/@connections/L0S%2FM9c%3D" {
		t.Errorf("path of the request: %s, want the connection's id escaped", g.uri)
	}
	signed := g.header.Get("Authorization")
	if !strings.HasPrefix(signed, "AWS4-HMAC-SHA256 Credential=key/") ||
		!strings.Contains(signed, "/us-east-1/execute-api/aws4_request") {
		t.Errorf("signature %q, want one for execute-api", signed)
	}
}

func TestPostErrors(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	g.answer["gone"], g.answer["limited"] = 410, 429
	p := newPoster(t, g.URL+"/live")
	if err := p.Post(t.Context(), "gone", nil); !errors.Is(err, ErrGone) {
		t.Errorf("post to a connection that answers 410: %v, want ErrGone", err)
	}
	if err := p.Post(t.Context(), "limited", nil); err == nil ||
		!strings.Contains(err.Error(), "429 Too Many Requests: because") {
		t.Errorf("post to a connection that answers 429: %v, want an error with the status and its cause", err)
	}
	p.cfg.Credentials = aws.NewCredentialsCache(credentials.NewStaticCredentialsProvider("", "", ""))
	if err := p.Post(t.Context(), "c", nil); err == nil || !strings.HasPrefix(err.Error(), "sign a request") {
		t.Errorf("post without credentials: %v, want an error that the request can't be signed", err)
	}
	g.Close()
	if err := newPoster(t, g.URL).Post(t.Context(), "c", nil); err == nil {
		t.Error("posting to a closed server returned no error")
	}
}

// TestHost: at an endpoint that is shared by all services, the signed Host header names the API.
func TestHost(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 1)
	emulator := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r }))
	t.Cleanup(emulator.Close)
	cfg := config.Copy()
	cfg.BaseEndpoint = &emulator.URL
	p, err := NewPoster(cfg, func(string) string { return "https://abc.execute-api.eu-west-1.amazonaws.com/live" })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Post(t.Context(), "c", nil); err != nil {
		t.Fatal(err)
	}
	r := <-asked
	if r.Host != "abc.execute-api.eu-west-1.amazonaws.com" || r.URL.Path != "/live/@connections/c" ||
		!strings.Contains(r.Header.Get("Authorization"), "SignedHeaders=content-type;host;") {
		t.Errorf("request to host %s, path %s, signature %s", r.Host, r.URL.Path, r.Header.Get("Authorization"))
	}
}

// own maps ids of services to their endpoints.
type own map[string]string

func (o own) GetServiceBaseEndpoint(_ context.Context, id string) (string, bool, error) {
	address, found := o[id]
	return address, found, nil
}

// TestEndpoints: an endpoint that is configured for this service replaces the whole address; one that is configured for
// all services replaces the host, since it names no API and no stage.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	const api = "https://api.example.org/live"
	for _, test := range []struct{ own, all, url, want string }{
		{"", "", api, api},
		{"http://127.0.0.1:3000/_socket", "", api, "http://127.0.0.1:3000/_socket"},
		{"http://127.0.0.1:3000/_socket", "http://127.0.0.1:4566", api, "http://127.0.0.1:3000/_socket"},
		{"", "http://127.0.0.1:4566", api, "http://127.0.0.1:4566/live api.example.org"},
		{"", "http://127.0.0.1:4566/", "", "http://127.0.0.1:4566"},
		{"", "", "", ""},
		{"", "", "api.example.org", ""},
		{"127.0.0.1", "", api, ""},
	} {
		cfg := config.Copy()
		if test.own != "" {
			cfg.ConfigSources = []any{own{"ApiGatewayManagementApi": test.own}}
		}
		if test.all != "" {
			cfg.BaseEndpoint = &test.all
		}
		p, err := NewPoster(cfg, func(name string) string { return map[string]string{URLEnv: test.url}[name] })
		if test.want == "" {
			if err == nil || !strings.Contains(err.Error(), "CONNECTIONS_URL") {
				t.Errorf("new poster with %+v: %v, want an error that names CONNECTIONS_URL", test, err)
			}
			continue
		}
		if err != nil || strings.TrimSpace(p.endpoint+" "+p.host) != test.want {
			t.Errorf("new poster with %+v: %v, %v", test, p, err)
		}
	}
}
