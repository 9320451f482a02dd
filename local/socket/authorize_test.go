package socket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/local/lambda"
)

// asked answers an authorizer's questions.
type asked struct {
	answer string
	err    error
	event  map[string]any
}

func (a *asked) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	a.event = nil
	return []byte(a.answer), errors.Join(json.Unmarshal(payload, &a.event), a.err)
}

const (
	allow = `{"principalId":"ada","policyDocument":{"Statement":[{"Effect":"Allow"}]},"context":{"sub":"ada","n":1}}`
	deny  = `{"principalId":"ada","policyDocument":{"Statement":[{"Effect":"Allow"},{"Effect":"Deny"}]}}`
)

// TestAuthorize: whom the authorizer does not let in meets no function; what it says of others comes with every event.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		err    error
		want   int
	}{
		"unauthorized": {"", &lambda.FunctionError{Type: "errorString", Message: "Unauthorized"}, 401},
		"failed":       {"", &lambda.FunctionError{Type: "errorString", Message: "unauthorized"}, 500},
		"garbage":      {"x", nil, 500},
		"denied":       {deny, nil, 403},
		"no policy":    {`{"principalId":"ada"}`, nil, 403},
		"allowed":      {allow, nil, 101},
	} {
		who := &asked{answer: test.answer, err: test.err}
		b := newBundle(t, func(c *Config) {
			c.Region, c.Authorizer = "us-east-1", &Authorizer{Function: who, Timeout: time.Second}
		})
		c, got := b.dial("?q=1", http.Header{"Authorization": {"Bearer t"}})
		if got != test.want {
			t.Errorf("connect, %s: status %d, want %d", name, got, test.want)
		}
		if who.event["type"] != "REQUEST" ||
			who.event["methodArn"] != "arn:aws:execute-api:us-east-1:000000000000:api/live/$connect" ||
			who.event["headers"].(map[string]any)["Authorization"] != "Bearer t" ||
			who.event["queryStringParameters"].(map[string]any)["q"] != "1" {
			t.Errorf("%s: the authorizer was asked %v", name, who.event)
		}
		if c == nil {
			if len(b.function.seen("$connect")) > 0 {
				t.Errorf("%s: $connect was invoked for a refused client", name)
			}
			continue
		}
		c.send(`{"action":"echo"}`)
		c.receive()
		_ = c.conn.CloseNow()
		b.left()
		for _, route := range []string{"$connect", "echo", "$disconnect"} {
			said := b.function.seen(route)[0]["requestContext"].(map[string]any)["authorizer"]
			if diff := cmp.Diff(map[string]any{"principalId": "ada", "sub": "ada", "n": 1.0}, said); diff != "" {
				t.Errorf("%s: authorizer context (-want +got):\n%s", route, diff)
			}
		}
	}
}
