package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/annals-es/annals/internal/httpapi/routes"
	"github.com/annals-es/annals/internal/measured"
	"github.com/annals-es/annals/internal/telemetry"
)

// BenchmarkDeposit is a warm deposit through the whole command function, with metrics and without, one after the other, so
// that both see the same machine. It reports processor time: DynamoDB Local's answers take what they take.
func BenchmarkDeposit(b *testing.B) {
	s := newService(b)
	for _, metrics := range []struct {
		name  string // and of the account
		meter *telemetry.Meter
	}{
		{"off", nil}, {"on", telemetry.New(io.Discard, "Annals", "Annals-CommandFunction-ABCDEFGHIJKL")},
	} {
		s.Meter = metrics.meter
		s.build(b)
		s.ok(b, "POST /accounts", `{"accountId":"`+metrics.name+`","ownerName":"Ada","initialDeposit":{"amount":"0","currency":"USD"}}`)
		deposit, h := depositTo(b, metrics.name), metrics.meter.Flushed(lambda.NewHandler(s.functions[routes.Command]))
		b.Run("metrics="+metrics.name, func(b *testing.B) {
			b.ReportAllocs()
			defer measured.CPU(b)()
			for b.Loop() {
				answer, err := h.Invoke(b.Context(), deposit)
				if err != nil || !bytes.Contains(answer, []byte(`"statusCode":200`)) {
					b.Fatalf("%s, %v", answer, err)
				}
			}
		})
	}
}

// depositTo is API Gateway's event of a deposit.
func depositTo(b *testing.B, account string) []byte {
	b.Helper()
	event, err := json.Marshal(events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /accounts/{accountId}/deposits", RawPath: "/accounts/" + account + "/deposits", Body: usd5,
		PathParameters: map[string]string{"accountId": account}, Headers: map[string]string{"content-type": "application/json"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return event
}
