package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/internal/dynamolocal/dynamotest"
	"github.com/annals-es/annals/internal/readmodel/tables"
)

func TestSocket(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	names := app.TableNames{tables.Connections.Name: dynamotest.Table(t, client, tables.Connections.Table)}
	socket := app.Service{DynamoDB: client, Tables: names, Log: slog.New(slog.DiscardHandler)}.Socket()
	say := func(route, body string) string {
		e := events.APIGatewayWebsocketProxyRequest{Body: body}
		e.RequestContext.RouteKey, e.RequestContext.ConnectionID = route, "c"
		answer, err := socket.Handle(t.Context(), e)
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", route, answer.StatusCode, err)
		}
		return answer.Body
	}
	say("$connect", "")
	for _, model := range tables.ReadModels {
		said := say("subscribe", `{"action":"subscribe","projection":"`+model.Name+`","stream":"Order#7"}`)
		if !strings.Contains(said, `"type":"subscribed"`) {
			t.Errorf("%s: %s", model.Name, said)
		}
	}
	if said := say("subscribe", `{"action":"subscribe","projection":"orders","stream":"Order#7"}`); !strings.Contains(said, "account-summary, account-statement, order-summary") {
		t.Errorf("the projections are not named: %s", said)
	}
}
