package push

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

// TestAdmit: the token comes in a header or, from browsers, in a subprotocol. The kind of fault decides how API Gateway
// refuses.
func TestAdmit(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.handler.cfg.Verify = func(_ context.Context, token string) (string, error) {
		switch token {
		case "good":
			return "ada", nil
		case "weak":
			return "ada", ErrForbidden
		case "bad":
			return "", ErrUnauthorized
		}
		return "", errors.New("no issuer")
	}
	for _, test := range []struct {
		name, value, effect, err string
	}{
		{"Authorization", "Bearer good", "Allow", ""},
		{"authorization", "Bearer good", "Allow", ""},
		{"Sec-WebSocket-Protocol", "annals.v1, bearer.good", "Allow", ""},
		{"sec-websocket-protocol", "bearer.good", "Allow", ""},
		{"Sec-WebSocket-Protocol", "annals.v1,bearer.weak", "Deny", ""},
		{"Authorization", "Bearer bad", "", "Unauthorized"},
		{"Authorization", "good", "", "Unauthorized"},
		{"Sec-WebSocket-Protocol", "annals.v1", "", "Unauthorized"},
		{"X-Token", "good", "", "Unauthorized"},
		{"Authorization", "Bearer other", "", "the token can't be checked now"},
	} {
		got, err := b.handler.Admit(t.Context(), events.APIGatewayCustomAuthorizerRequestTypeRequest{
			Type: "REQUEST", MethodArn: "arn", Headers: map[string]string{"Host": "h", test.name: test.value},
			QueryStringParameters: map[string]string{"token": "good", "Authorization": "Bearer good"},
		})
		if test.err != "" {
			if err == nil || err.Error() != test.err || got.PolicyDocument.Statement != nil {
				t.Errorf("%s: admit %s: %+v, %v, want the error %s and no policy", test.name, test.value, got, err, test.err)
			}
			continue
		}
		want := events.APIGatewayCustomAuthorizerResponse{
			PrincipalID: "ada", Context: map[string]any{"sub": "ada"},
			PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17",
				Statement: []events.IAMPolicyStatement{
					{Action: []string{"execute-api:Invoke"}, Effect: test.effect, Resource: []string{"arn"}},
				}},
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: admit %s: %v (-want +got):\n%s", test.name, test.value, err, diff)
		}
	}
	if log := b.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "no issuer") {
		t.Errorf("log: %s, want one line about the missing issuer", log)
	}
}

// TestProtocolIsAnswered: the answer names the subprotocol. Without it, a browser that offered one ends the connection.
func TestProtocolIsAnswered(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for offered, want := range map[string]string{"annals.v1, bearer.x": "annals.v1", "bearer.x": "", "": ""} {
		e := event(Connect, "c", "ada", "")
		e.Headers = map[string]string{"sec-websocket-protocol": offered}
		got, err := b.handler.Handle(t.Context(), e)
		if err != nil || got.StatusCode != 200 || got.Headers["Sec-WebSocket-Protocol"] != want {
			t.Errorf("connect with the subprotocols %q: %+v, %v, want 200 with %q", offered, got, err, want)
		}
	}
}
