package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// BenchmarkDeposit is a warm deposit through the whole command function, with metrics and without, one after the other,
// so that both see the same machine. It reports processor time: DynamoDB Local's answers take what they take.
func BenchmarkDeposit(b *testing.B) {
	s := newService(b)
	for _, metrics := range []struct {
		name  string // and of the account
		meter *telemetry.Meter
	}{
		{"off", nil}, {"on", telemetry.New(io.Discard, "Shop", "Shop-CommandFunction-ABCDEFGHIJKL")},
	} {
		s.Meter = metrics.meter
		s.build(b)
		s.ok(b, "POST /accounts", `{"accountId":"`+metrics.name+
			`","ownerName":"Ada","initialDeposit":{"amount":"0","currency":"USD"}}`)
		deposit, h := depositTo(b, metrics.name), metrics.meter.Flushed(lambda.NewHandler(s.functions[annalsaws.Command]))
		b.Run("metrics="+metrics.name, func(b *testing.B) {
			b.ReportAllocs()
			defer dynamotest.CPU(b)()
			for b.Loop() {
				answer, err := h.Invoke(b.Context(), deposit)
				if err != nil || !bytes.Contains(answer, []byte(`"statusCode":200`)) {
					b.Fatalf("deposit: %s, %v, want status 200", answer, err)
				}
			}
		})
	}
}

// depositTo is API Gateway's event of a deposit.
func depositTo(b *testing.B, account string) []byte {
	b.Helper()
	event, err := json.Marshal(events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "POST /accounts/{accountId}/deposits",
		RawPath: "/accounts/" + account + "/deposits", Body: usd5,
		PathParameters: map[string]string{"accountId": account},
		Headers:        map[string]string{"content-type": "application/json"},
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: "POST"},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return event
}

// BenchmarkProjector is a batch of 100 commits of 100 streams through the whole projector function, all read models:
// how much of a processor a lane takes is in docs/limits.md.
func BenchmarkProjector(b *testing.B) {
	for _, batch := range []struct {
		name            string
		from            int // the version of what is repeated
		prepare, repeat func(s *service, stream int)
	}{
		{"deposits", 2, func(s *service, n int) {
			s.ok(b, "POST /accounts",
				fmt.Sprintf(`{"accountId":"a-%d","ownerName":"Ada","initialDeposit":{"amount":"10","currency":"USD"}}`, n))
		}, func(s *service, n int) { s.ok(b, fmt.Sprintf("POST /accounts/a-%d/deposits", n), usd5) }},
		{"addresses of orders", 3, func(s *service, n int) {
			s.ok(b, "POST /orders",
				fmt.Sprintf(`{"orderId":"o-%d","customerId":"c","items":[{"productId":"p","quantity":3}]}`, n))
		}, func(s *service, n int) { s.ok(b, fmt.Sprintf("PUT /orders/o-%d/shipping-address", n), addressJ) }},
	} {
		b.Run(batch.name, func(b *testing.B) {
			s := newService(b)
			s.ok(b, "POST /products", listedP)
			for n := range 100 {
				batch.prepare(s, n)
			}
			s.project(b)
			for range b.N {
				for n := range 100 {
					batch.repeat(s, n)
				}
			}
			versions := map[string][]record{}
			for _, r := range s.records(b) {
				version, _ := json.Marshal(r["dynamodb"].(map[string]any)["Keys"].(map[string]any)["version"])
				versions[string(version)] = append(versions[string(version)], r)
			}
			batches := make([]events.DynamoDBEvent, b.N)
			for i := range batches {
				batches[i] = batchOf(b, versions[fmt.Sprintf(`{"N":"%d"}`, i+batch.from)]...)
			}
			b.ReportAllocs()
			b.ResetTimer()
			report := dynamotest.CPU(b)
			for _, records := range batches {
				answer, err := s.projector.Handle(b.Context(), records)
				if err != nil || len(answer.BatchItemFailures) > 0 || len(records.Records) != 100 {
					b.Fatal(answer, err, len(records.Records))
				}
			}
			report()
		})
	}
}
