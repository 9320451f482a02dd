package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/api"
	"github.com/annals-es/annals/shop/api/routes"
)

// TestAnswerTooLarge: what Lambda would not send is a problem document that says what to do; the largest that it sends
// is sent.
func TestAnswerTooLarge(t *testing.T) {
	t.Parallel()
	empty := payload.Encoded(events.APIGatewayV2HTTPResponse{
		StatusCode: 200, Headers: map[string]string{"X-Correlation-Id": "c-1", "Content-Type": "application/json", "Etag": `"7"`},
	})
	for _, test := range []struct {
		method, unit string
		bytes        int // that the body takes
		want, detail string
	}{
		{"GET", "x", payload.MaxBytes - empty, "", ""},
		{"GET", "x", payload.MaxBytes - empty + 1, "answer-too-large", "ask for fewer"},
		{"GET", `"`, (payload.MaxBytes - empty) / 2, "", ""},
		{"GET", `"`, payload.MaxBytes/2 + 1, "answer-too-large", "ask for fewer"},
		{"POST", "x", 2 * payload.MaxBytes, "answer-too-large", "was done"},
		{"GET", "\xff", payload.MaxBytes, "answer-too-large", "ask for fewer"}, // in base64
	} {
		log := &logged{}
		serve := app.Gateway(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Correlation-Id", "c-1")
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"7"`)
			_, _ = io.WriteString(w, strings.Repeat(test.unit, test.bytes))
		}), slog.New(slog.NewJSONHandler(log, nil)))
		var in events.APIGatewayV2HTTPRequest
		in.RequestContext.HTTP.Method = test.method
		out, err := serve(t.Context(), in)
		if n := payload.Encoded(out); err != nil || n > payload.MaxBytes {
			t.Fatalf("%d bytes, %v", n, err)
		}
		name := fmt.Sprintf("%s of %d times %q", test.method, test.bytes, test.unit)
		if test.want == "" {
			if out.StatusCode != 200 || len(out.Body) != test.bytes || log.String() != "" {
				t.Errorf("%s: %d, %d bytes, logged %s", name, out.StatusCode, len(out.Body), log)
			}
			continue
		}
		answer{out}.is(t, "500 "+test.want)
		if out.IsBase64Encoded || out.Headers["Content-Type"] != "application/problem+json" || out.Headers["Etag"] != `"7"` {
			t.Errorf("%s: %+v", name, out)
		}
		if !strings.Contains(out.Body, test.detail) || !strings.Contains(out.Body, `"correlationId":"c-1"`) {
			t.Errorf("%s: %s", name, out.Body)
		}
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), `"correlationId":"c-1"`) {
			t.Errorf("%s: logged %s", name, log)
		}
	}
}

// oneLargeEvent is a store of one event that is too large to be sent.
type oneLargeEvent struct{ httpapi.Events }

func (oneLargeEvent) Read(_ context.Context, stream es.StreamID, _ es.Range) iter.Seq2[es.Commit, error] {
	meta := es.Meta{Extra: map[string]string{"k": strings.Repeat("x", 7<<20)}} // as no store takes it today
	return func(yield func(es.Commit, error) bool) {
		yield(es.Commit{Stream: stream, Version: 1, Meta: meta, Events: []es.RawEvent{{Type: "X", Schema: 1, Data: json.RawMessage(`{}`)}}}, nil)
	}
}

// TestOneLargeEvent: a page of one item that is too large by itself is such a problem, too.
func TestOneLargeEvent(t *testing.T) {
	t.Parallel()
	s := &service{log: &logged{}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	s.functions = map[routes.Function]gateway{routes.Query: app.Gateway(api.Queries(nil, oneLargeEvent{}, httpapi.Config{Log: log}), log)}
	s.refused(t, "GET /streams/Account/a", "", http.StatusInternalServerError, "answer-too-large")
}
