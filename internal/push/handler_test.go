package push

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.handle(Connect, "c=", "ada", "")
	long := strings.Repeat("x", 1010)
	tests := map[string]struct {
		route, body string
		want        map[string]any
	}{
		"stream": {
			subscribe, `{"action":"subscribe","projection":"order-summary","stream":"Order#7","requestId":"r"}`,
			map[string]any{"type": "subscribed", "projection": "order-summary", "stream": "Order#7", "requestId": "r"},
		},
		"customer": {
			subscribe, `{"action":"subscribe","projection":"customer-orders","customer":"ALFKI"}`,
			map[string]any{"type": "subscribed", "projection": "customer-orders", "customer": "ALFKI"},
		},
		"never subscribed": {
			unsubscribe, `{"action":"unsubscribe","projection":"order-summary","stream":"Order#8"}`,
			map[string]any{"type": "unsubscribed", "projection": "order-summary", "stream": "Order#8"},
		},
		"other action": {
			other, `{"action":"listen"}`,
			refusal("unknown-action", `unknown action "listen": the actions are subscribe and unsubscribe`),
		},
		"no action": {
			other, `{}`, refusal("unknown-action", `unknown action "": the actions are subscribe and unsubscribe`),
		},
		"unknown projection": {
			subscribe, `{"action":"subscribe","projection":"orders","stream":"Order#7"}`,
			refusal("unknown-projection", `unknown projection "orders": the projections are order-summary, customer-orders`),
		},
		"neither": {
			subscribe, `{"action":"subscribe","projection":"order-summary"}`,
			refusal("malformed", `give either "stream" or "customer", and not both`),
		},
		"both": {
			subscribe, `{"action":"subscribe","projection":"order-summary","stream":"Order#7","customer":"ALFKI"}`,
			refusal("malformed", `give either "stream" or "customer", and not both`),
		},
		"no stream": {
			subscribe, `{"action":"subscribe","projection":"order-summary","stream":"7"}`,
			refusal("malformed", `stream "7": want Type#id`),
		},
		"long topic": {
			subscribe, `{"action":"subscribe","projection":"order-summary","customer":"` + long + `"}`,
			refusal("malformed", "the topic has 1033 bytes, the limit is 1024"),
		},
		"no JSON": {
			other, `hello`,
			refusal("malformed", `the message must be of the form {"action":"subscribe","projection":"…","stream":"…"}: `+
				`invalid character 'h' looking for beginning of value`),
		},
		"misspelled": {
			subscribe, `{"requestId":"r","action":"subscribe","steam":"Order#7"}`,
			map[string]any{
				"type": "error", "code": "malformed", "requestId": "r",
				"detail": `the message must be of the form {"action":"subscribe","projection":"…","stream":"…"}: json: unknown ` +
					`field "steam"`,
			},
		},
		"two": {
			subscribe, `{"action":"subscribe"}{}`, refusal("malformed", "more text follows the JSON object"),
		},
		"large": {
			subscribe, `{"action":"` + strings.Repeat("x", 4096) + `"}`,
			refusal("too-large", "the message has 4109 bytes, the limit is 4096"),
		},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, b.said(test.route, "c=", "ada", test.body)); diff != "" {
			t.Errorf("%s: messages (-want +got):\n%s", name, diff)
		}
	}
}

func refusal(code, detail string) map[string]any {
	return map[string]any{"type": "error", "code": code, "detail": detail}
}

func TestWhoConnects(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for who, want := range map[string]int{
		"": 200, "ada": 200, strings.Repeat("x", 300): 200, strings.Repeat("x", 301): 401,
	} {
		if got := b.handle(Connect, "c", who, "").StatusCode; got != want {
			t.Errorf("connect as %.10q: status %d, want %d", who, got, want)
		}
	}
	// If the authorizer returns no subject, the client must not become the development identity.
	for _, authorizer := range []any{map[string]any{}, map[string]any{"sub": 7}, "ada"} {
		e := event(Connect, "nobody", "", "")
		e.RequestContext.Authorizer = authorizer
		if got, err := b.handler.Handle(t.Context(), e); err != nil || got.StatusCode != http.StatusUnauthorized {
			t.Errorf("connect with the authorizer's answer %v: status %d, %v, want 401", authorizer, got.StatusCode, err)
		}
	}
}

func TestOnlyOnesOwnConnection(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.join("c", "ada")
	body := `{"action":"subscribe","projection":"order-summary","stream":"Order#8"}`
	for connection, who := range map[string]string{"c": "bob", "unknown": "ada"} {
		for _, route := range []string{subscribe, unsubscribe} {
			if said := b.said(route, connection, who, body); said["code"] != "not-connected" {
				t.Errorf("%s by the connection %s of %s: %v, want not-connected", route, connection, who, said)
			}
		}
	}
	if got := b.rows(); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
}

func TestAtMost100Subscriptions(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.handle(Connect, "c", "ada", "")
	ask := func(route string, i int) any {
		said := b.said(route, "c", "ada",
			fmt.Sprintf(`{"action":"%s","projection":"order-summary","stream":"Order#%d"}`, route, i))
		if said["type"] == "error" {
			return said["code"]
		}
		return said["type"]
	}
	var wg sync.WaitGroup
	var accepted atomic.Int64
	for i := range 110 {
		wg.Go(func() {
			if ask(subscribe, i) == "subscribed" {
				accepted.Add(1)
			}
		})
	}
	wg.Wait()
	if got := accepted.Load(); got != 100 || b.rows() != 101 {
		t.Fatalf("%d were accepted, %d rows", got, b.rows())
	}
	refused, free := -1, -1
	for i := range 110 {
		switch ask(subscribe, i) {
		case "subscribed": // again
			free = i
		case "too-many-subscriptions":
			refused = i
		}
	}
	if b.rows() != 101 || free < 0 || refused < 0 {
		t.Errorf("subscribe again: %d rows, first unused topic %d, first refused %d; want 101 rows", b.rows(), free, refused)
	}
	if got := ask(unsubscribe, free); got != "unsubscribed" || b.rows() != 100 {
		t.Errorf("unsubscribe: %v, %d rows; want unsubscribed and 100", got, b.rows())
	}
	if got := ask(subscribe, refused); got != "subscribed" {
		t.Errorf("subscribe after an unsubscribe at the limit: %v, want subscribed", got)
	}
	if got := b.handle(disconnect, "c", "ada", "").StatusCode; got != 200 || b.rows() != 0 {
		t.Errorf("disconnect: status %d, %d rows; want 200 and none", got, b.rows())
	}
	if got := b.handle(disconnect, "c", "ada", "").StatusCode; got != 200 {
		t.Errorf("disconnect again: status %d, want 200", got)
	}
}

func TestTheDatabaseFails(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.handle(Connect, "c", "ada", "")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no time"))
	for route, want := range map[string]events.APIGatewayProxyResponse{
		Connect:    {StatusCode: 503},
		disconnect: {StatusCode: 200}, // API Gateway would not ask again
		subscribe: {
			StatusCode: 200,
			Body:       `{"type":"error","code":"unavailable","detail":"the service can't answer now: repeat the request"}`,
		},
		unsubscribe: {
			StatusCode: 200,
			Body:       `{"type":"error","code":"unavailable","detail":"the service can't answer now: repeat the request"}`,
		},
	} {
		b.log.Reset()
		got, err := b.handler.Handle(ctx,
			event(route, "c", "ada", `{"action":"x","projection":"order-summary","stream":"Order#7"}`))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s with a fault: %v (-want +got):\n%s", route, err, diff)
		}
		if strings.Count(b.log.String(), "WebSocket event failed") != 1 || !strings.Contains(b.log.String(), "connection=c") {
			t.Errorf("%s: log: %s, want one failed event of connection c", route, b.log)
		}
	}
}
