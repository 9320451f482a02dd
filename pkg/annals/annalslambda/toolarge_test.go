package annalslambda_test

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

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/internal/payload"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// TestAnswerTooLarge: an answer that Lambda would not send becomes a problem document that says what to do. The largest
// answer that Lambda sends is sent.
func TestAnswerTooLarge(t *testing.T) {
	t.Parallel()
	empty := payload.Encoded(events.APIGatewayV2HTTPResponse{
		StatusCode: 200, Headers: map[string]string{
			"X-Correlation-Id": "c-1", "Content-Type": "application/json", "Etag": `"7"`,
		},
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
		{"POST", "x", 2 * payload.MaxBytes, "answer-too-large", "was stored"},
		{"GET", "\xff", payload.MaxBytes, "answer-too-large", "ask for fewer"}, // in base64
	} {
		log := &logged{}
		serve := annalslambda.Gateway(tiny, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Correlation-Id", "c-1")
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("ETag", `"7"`)
			_, _ = io.WriteString(w, strings.Repeat(test.unit, test.bytes))
		}), slog.New(slog.NewJSONHandler(log, nil)))
		var in events.APIGatewayV2HTTPRequest
		in.RequestContext.HTTP.Method = test.method
		out, err := serve(t.Context(), in)
		if n := payload.Encoded(out); err != nil || n > payload.MaxBytes {
			t.Fatalf("answer of %d bytes, %v, want at most what Lambda takes", n, err)
		}
		name := fmt.Sprintf("%s of %d times %q", test.method, test.bytes, test.unit)
		if test.want == "" {
			if out.StatusCode != 200 || len(out.Body) != test.bytes || log.String() != "" {
				t.Errorf("%s: status %d, %d bytes, log %s; want 200 and an empty log", name, out.StatusCode, len(out.Body), log)
			}
			continue
		}
		if out.StatusCode != http.StatusInternalServerError || !strings.Contains(out.Body, test.want+`"`) {
			t.Errorf("%s: status %d, body %.500s; want 500 and %s", name, out.StatusCode, out.Body, test.want)
		}
		if out.IsBase64Encoded || out.Headers["Content-Type"] != "application/problem+json" || out.Headers["Etag"] != `"7"` {
			t.Errorf("%s: answer %+v, want a problem with the ETag \"7\"", name, out)
		}
		if !strings.Contains(out.Body, test.detail) || !strings.Contains(out.Body, `"correlationId":"c-1"`) {
			t.Errorf("%s: body %s, want %q and the correlation id c-1", name, out.Body, test.detail)
		}
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), `"correlationId":"c-1"`) {
			t.Errorf("%s: log: %s, want one line with the correlation id", name, log)
		}
	}
}

// oneLargeEvent is a store of one event that is too large to be sent.
type oneLargeEvent struct{ es.Store }

func (oneLargeEvent) Read(_ context.Context, stream es.StreamID, _ es.Range) iter.Seq2[es.Commit, error] {
	meta := es.Meta{Extra: map[string]string{"k": strings.Repeat("x", 7<<20)}} // as no store takes it today
	return func(yield func(es.Commit, error) bool) {
		yield(es.Commit{
			Stream: stream, Version: 1, Meta: meta, Events: []es.RawEvent{{Type: "X", Schema: 1, Data: json.RawMessage(`{}`)}},
		}, nil)
	}
}

// TestOneLargeEvent: a page with one item that is too large becomes such a problem document, too.
func TestOneLargeEvent(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	views := map[string]*memview.View{"texts": memview.New()}
	r, err := tiny.Open(annals.Stores{
		Events: oneLargeEvent{}, Views: func(name string) projection.View {
			return views[name]
		}, Catalog: memview.NewCatalog(),
	}, annals.Config{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	queries, err := annalshttp.Queries(r, annalshttp.Config{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	event := events.APIGatewayV2HTTPRequest{
		RouteKey: "GET /streams/{type}/{id}", PathParameters: map[string]string{"type": "Note", "id": "a"},
	}
	event.RequestContext.HTTP.Method = "GET"
	out, err := annalslambda.Gateway(tiny, queries, log)(t.Context(), event)
	if err != nil || out.StatusCode != http.StatusInternalServerError || !strings.Contains(out.Body, "answer-too-large") {
		t.Errorf("answer of a query that is too large: status %d, body %.500s, %v; want 500 answer-too-large",
			out.StatusCode, out.Body, err)
	}
}
