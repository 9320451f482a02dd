// Package functions_test tests the shop through its functions, called as Lambda calls them, and measures how long they
// take to start.
package functions_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/shop/email"
)

const (
	openAccount = `{"version":"2.0","routeKey":"POST /accounts","rawPath":"/accounts","headers":{"host":"h",` +
		`"content-type":"application/json"},` +
		`"requestContext":{"http":{"method":"POST","path":"/accounts"}},"body":"{\"ownerName\":\"Ada\",` +
		`\"initialDeposit\":{\"amount\":\"10\",\"currency\":\"USD\"}}"}`
	topSales = `{"version":"2.0","routeKey":"GET /products/sales","rawPath":"/products/sales","headers":{"host":"h"},` +
		`"requestContext":{"http":{"method":"GET","path":"/products/sales"}}}`
	theDocs = `{"version":"2.0","routeKey":"GET /docs","rawPath":"/docs","headers":{"host":"h"},` +
		`"requestContext":{"http":{"method":"GET","path":"/docs"}}}`
	connect = `{"requestContext":{"routeKey":"$connect","eventType":"CONNECT","connectionId":"c"}}`
)

var bootstraps = flag.String("bootstraps", "", "a folder of bootstraps to start, by their functions' names; if there "+
	"is none, they are built")

// BenchmarkColdStart starts each function's bootstrap, built for this machine with the flags of those that are
// deployed, and has it answer its first event, on DynamoDB Local. It reports medians: until the process asks for work
// (Lambda's init phase), until it has answered, and the processor time of both; and the bootstrap's size.
func BenchmarkColdStart(b *testing.B) {
	client := dynamotest.Client(b)
	names := map[string]string{}
	for _, table := range annalsaws.Tables(declared) {
		names[table.Env()] = dynamotest.Table(b, client, table.Table)
	}
	// The first process of all leaves jobs to the queues, which take them, and so does the bus; no client is connected
	// over WebSocket.
	sqs := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, `{"Entries":[{"EventId":"e"}]}`)
	}))
	b.Cleanup(sqs.Close)
	env := []string{
		"AWS_ENDPOINT_URL_DYNAMODB=" + dynamotest.Endpoint(b), "AWS_ENDPOINT_URL_SQS=" + sqs.URL, email.KeyEnv + "=key",
		annalsaws.CursorKeyEnv + "=" + strings.Repeat("k", 32),
		annalsaws.CatchUpQueueEnv + "=" + sqs.URL + "/catch-up", annalsaws.ReactionQueueEnv + "=" + sqs.URL + "/reaction",
		annalsaws.ConnectionsURLEnv + "=" + sqs.URL + "/live",
		"AWS_ENDPOINT_URL_EVENTBRIDGE=" + sqs.URL, annalsaws.EventBusEnv +
			"=arn:aws:events:us-east-1:000000000000:event-bus/b", annalsaws.EventSourceEnv + "=/annals/b",
		annalsaws.TokenIssuerEnv + "=" + sqs.URL, annalsaws.TokenAudienceEnv + "=annals",
	}
	for variable, name := range names {
		env = append(env, variable+"="+name)
	}
	dir := *bootstraps
	if dir == "" {
		dir = b.TempDir()
		build(b, dir, "./testdata/bare", "./command", "./query", "./projector", "./reactor", "./rebuilder",
			"./socket", "./docs")
	}

	_, opened := coldStart(b, filepath.Join(dir, "command"), []byte(openAccount), env)
	batch := fmt.Sprintf(`{"Records":[{"eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":`+
		`{"SequenceNumber":"1","StreamViewType":"NEW_IMAGE","Keys":{},"NewImage":%s}}]}`,
		onlyItem(b, names[annalsaws.Events.Env()], opened))

	for _, function := range []struct{ name, event, answer string }{
		{"bare", `{}`, `{}`},
		{"command", openAccount, `"statusCode":201`},
		{"query", topSales, `"statusCode":200`},
		{"projector", batch, `{"batchItemFailures":[]}`},
		{"reactor", batch, `{"batchItemFailures":[]}`},
		{"rebuilder", `{"task":"begin","segments":16,"stage":{"projection":"product-counts"}}`, `"generation"`},
		{"socket", connect, `"statusCode":200`},
		{"docs", theDocs, `"statusCode":200`},
	} {
		b.Run("function="+function.name, func(b *testing.B) {
			bootstrap := filepath.Join(dir, function.name)
			coldStart(b, bootstrap, []byte(function.event), env) // what only the first of all does; the file is in memory then
			var ready, answered, busy []time.Duration
			for b.Loop() {
				took, body := coldStart(b, bootstrap, []byte(function.event), env)
				if !strings.Contains(string(body), function.answer) {
					b.Fatalf("answered %s, want %s", body, function.answer)
				}
				ready, answered, busy = append(ready, took.ready), append(answered, took.answered), append(busy, took.busy)
			}
			file, err := os.Stat(bootstrap)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(0, "ns/op") // which has the end of the process in it
			b.ReportMetric(median(ready), "ready-ms")
			b.ReportMetric(median(answered), "answer-ms")
			b.ReportMetric(median(busy), "cpu-ms")
			b.ReportMetric(float64(file.Size())/1e6, "MB")
		})
	}
}

// build builds functions into a folder, as the Makefile does.
func build(b *testing.B, dir string, functions ...string) {
	b.Helper()
	args := append([]string{
		"build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", dir + "/",
	}, functions...)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build the functions: %v: %s", err, out)
	}
}

// onlyItem is the one item of a table, in the JSON that DynamoDB speaks, as records of a stream have it.
func onlyItem(b *testing.B, table string, opened []byte) string {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, dynamotest.Endpoint(b),
		strings.NewReader(`{"TableName":"`+table+`"}`))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810.Scan")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "+
		"SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.Fatal(err)
	}
	var page struct{ Items []json.RawMessage }
	err = json.NewDecoder(bytes.NewReader(text)).Decode(&page)
	page.Items = slices.DeleteFunc(page.Items, func(item json.RawMessage) bool { // what the first start stores
		return bytes.Contains(item, []byte(email.KeyAggregate.StreamType+"#"))
	})
	if err != nil || len(page.Items) != 1 {
		b.Fatalf("scan: %v: %s; the command answered %s", err, text, opened)
	}
	return string(page.Items[0])
}

// median is in milliseconds.
func median(all []time.Duration) float64 {
	slices.Sort(all)
	return float64(all[len(all)/2].Microseconds()) / 1000
}
