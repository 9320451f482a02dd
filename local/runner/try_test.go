package runner

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalstest"
	"github.com/annals-es/annals/shop"
)

// The shop's lines, run one after the other on the shop, and then once more: each is answered with success.
func TestTriesOfTheShop(t *testing.T) {
	t.Parallel()
	service := shop.New().On()
	description, err := json.Marshal(annalsaws.Describe(service))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(annalstest.Run(t, service))
	defer server.Close()
	lines := tries(description, server.URL, "")
	if len(lines) != maxTries {
		t.Errorf("there are %d lines, want %d: %q", len(lines), maxTries, lines)
	}
	for _, line := range append(lines, lines...) {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line+" -sS -w '\\n%{http_code}'").CombinedOutput()
		if err != nil {
			t.Fatalf("run %s: %v\n%s", line, err, out)
		}
		if status := string(out)[strings.LastIndexByte(string(out), '\n')+1:]; status[0] != '2' {
			t.Errorf("run %s: printed %s, want a status of 2xx", line, out)
		}
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	const (
		post = "curl -i http://h/"
		json = " -H 'Content-Type: application/json' -H 'Idempotency-Key: try-"
	)
	for name, test := range map[string]struct {
		operations string
		want       []string
	}{
		"nothing": {`[]`, nil},
		"an order": {`[` + createOrder + `,` + createTea + `]`, []string{
			post + `tea-kinds` + json + `b' -d '{"teaKindId":"it'\''s","x":1}'`,
			post + `orders` + json + `a' -d '{"id":"o","lines":[{"teaKindId":"y"}]}'`,
		}},
		"a change and a query": {`[` + createTea + `,
			{"id": "c", "kind": "changes", "method": "PUT", "path": "/tea-kinds/{id}/price", "example": 3},
			{"id": "d", "kind": "changes", "method": "PUT", "path": "/tea-kinds/{id}/things/{other}", "example": 3},
			{"id": "e", "kind": "changes", "method": "POST", "path": "/tea-kinds/{id}/close"},
			{"id": "f", "kind": "document", "method": "GET", "path": "/tea-kinds/{id}"},
			{"id": "g", "kind": "list", "method": "GET", "path": "/tea-kinds"}]`, []string{
			post + `tea-kinds` + json + `b' -d '{"teaKindId":"it'\''s","x":1}'`,
			post + `tea-kinds/it%27s/price -X PUT` + json + `c' -d 3`, post + `tea-kinds/it%27s`,
		}},
		"only queries": {`[{"id": "f", "kind": "document", "method": "GET", "path": "/a/{id}"},
			{"id": "g", "kind": "list", "method": "GET", "path": "/a"}]`, []string{post + `a`}},
		"no description": {`{}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := tries([]byte(`{"service": {"operations": `+test.operations+`}}`), "http://h", "")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	createOrder = `{"id": "a", "kind": "creates", "method": "POST", "path": "/orders",
		"example": {"id": "o", "lines": [{"teaKindId": "y"}]}}`
	createTea = `{"id": "b", "kind": "creates", "method": "POST", "path": "/tea-kinds",
		"example": {"teaKindId": "it's", "x": 1}}`
)

// With AUTH=on, each line asks for a token that it sends.
func TestTriesWithTokens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("Authorization")))
	}))
	defer server.Close()
	lines := tries([]byte(`{"service": {"operations": [`+createTea+`]}}`), server.URL, "printf abc")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", lines[0]+" -s").CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "Bearer abc") {
		t.Errorf("run %s: %v, want the token abc; it printed\n%s", lines[0], err, out)
	}
}
