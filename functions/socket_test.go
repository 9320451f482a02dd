package functions_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// socketOn is the socket function of a service, which asks an issuer that is always down.
func socketOn(t testing.TB, s annalslambda.Deployment) func(context.Context, json.RawMessage) (any, error) {
	t.Helper()
	down := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(down.Close)
	socket, err := s.Socket(func(name string) string {
		return map[string]string{annalsaws.TokenIssuerEnv: down.URL, annalsaws.TokenAudienceEnv: "api"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	return socket
}

// tell sends an event to the socket function.
func tell(t testing.TB, socket func(context.Context, json.RawMessage) (any, error), event any) (any, error) {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return socket(t.Context(), text)
}

func TestSocket(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	names := annalslambda.TableNames{annalsaws.Connections.Name: dynamotest.Table(t, client, annalsaws.Connections.Table)}
	service := annalslambda.Deployment{
		Service: declared, DynamoDB: client, Tables: names, Log: slog.New(slog.DiscardHandler),
	}
	socket := socketOn(t, service)
	say := func(route, body string) string {
		e := events.APIGatewayWebsocketProxyRequest{Body: body}
		e.RequestContext.RouteKey, e.RequestContext.ConnectionID = route, "c"
		got, err := tell(t, socket, e)
		answer, ok := got.(events.APIGatewayProxyResponse)
		if err != nil || !ok || answer.StatusCode != 200 {
			t.Fatalf("%s over WebSocket: %+v, %v, want status 200", route, got, err)
		}
		return answer.Body
	}
	say("$connect", "")
	for _, model := range annalsaws.CurrentReadTables(declared) {
		said := say("subscribe", `{"action":"subscribe","projection":"`+model.Name+`","stream":"Order#7"}`)
		if !strings.Contains(said, `"type":"subscribed"`) {
			t.Errorf("subscribe to %s: %s, want \"type\":\"subscribed\"", model.Name, said)
		}
	}
	for _, replaced := range annalsaws.ReplacedReadTables(declared) {
		said := say("subscribe", `{"action":"subscribe","projection":"`+replaced.Name+`","stream":"Order#7"}`)
		if !strings.Contains(said, "unknown-projection") ||
			!strings.Contains(said, "the projections are accounts, orders, product-catalog, product-counts") {
			t.Errorf("%s: the projections are not named: %s", replaced.Name, said)
		}
	}
	// A question of the authorizer is another kind of event.
	for token, want := range map[string]string{"": "Unauthorized", "Bearer x": "the token can't be checked now"} {
		question := events.APIGatewayCustomAuthorizerRequestTypeRequest{
			Type: "REQUEST", Headers: map[string]string{"Authorization": token},
		}
		if got, err := tell(t, socket, question); err == nil || err.Error() != want {
			t.Errorf("connect with the token %q: %+v, %v, want the error %s", token, got, err, want)
		}
	}
	if _, err := socket(t.Context(), json.RawMessage("[]")); err == nil {
		t.Error("event that is a list: no error")
	}
	if _, err := service.Socket(func(string) string { return "" }); err == nil ||
		!strings.Contains(err.Error(), annalsaws.TokenIssuerEnv) {
		t.Errorf("WebSocket function without an issuer: %v, want an error that names it", err)
	}
}
