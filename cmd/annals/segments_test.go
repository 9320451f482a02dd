package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// scripted is an operator whose projector function answers as a test says.
func scripted(t *testing.T, answer func(in ask.Request, w http.ResponseWriter) *ask.Answer) *operator {
	t.Helper()
	address := "http://127.0.0.1:" + serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in ask.Envelope
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		if out := answer(*in.Annals, w); out != nil {
			_ = json.NewEncoder(w).Encode(ask.Reply{Annals: out})
		}
	}))
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &address, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	return &operator{
		functions: functions.New(cfg, map[annalsaws.Function]string{annalsaws.Projector: "P", annalsaws.Reactor: "R"}, ""),
	}
}

func part(at es.Position, found projection.Reconciled) *ask.Answer {
	return &ask.Answer{Reconciled: &ask.Reconciled{Reconciled: found, Position: at}}
}

// TestReconcileAsksAgain: a function that is throttled, or whose invocation fails, is asked again for the same part.
// What one that gets nowhere is asked for ends with an error.
func TestReconcileAsksAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(n int, w http.ResponseWriter) *ask.Answer // to the nth request
		fails  string
		left   int
	}{
		"throttled, then failed, then done": {answer: func(n int, w http.ResponseWriter) *ask.Answer {
			switch n {
			case 1:
				return part("1", projection.Reconciled{Units: 1})
			case 2:
				w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = io.WriteString(w, "{}")
				return nil
			case 3:
				w.Header().Set("X-Amz-Function-Error", "Unhandled")
				_, _ = io.WriteString(w, `{"errorMessage":"Task timed out after 60.00 seconds"}`)
				return nil
			}
			return part(es.End, projection.Reconciled{Units: 1})
		}},
		"always fails": {answer: func(_ int, w http.ResponseWriter) *ask.Answer {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"Task timed out after 60.00 seconds"}`)
			return nil
		}, fails: "reconcile segment 0 of 1: function P ran out of time"},
		"no time for a page": {answer: func(int, http.ResponseWriter) *ask.Answer {
			return part("", projection.Reconciled{})
		}, fails: "the projector function had no time to read a page: raise its timeout"},
		"the same page for ever": {answer: func(int, http.ResponseWriter) *ask.Answer {
			return part("", projection.Reconciled{Units: 1, Left: 1})
		}, fails: "could not complete a page in 20 invocations"},
		"a page in two parts": {answer: func(n int, _ http.ResponseWriter) *ask.Answer {
			if n == 1 {
				return part("", projection.Reconciled{Units: 1, Left: 7})
			}
			return part(es.End, projection.Reconciled{Units: 1, Left: 1})
		}, left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			o := scripted(t, func(in ask.Request, w http.ResponseWriter) *ask.Answer {
				if n++; in.Position != "" && n == 1 || name == "throttled, then failed, then done" && n > 1 && in.Position != "1" {
					t.Errorf("request %d is from %q", n, in.Position)
				}
				return test.answer(n, w)
			})
			found, err := o.reconcile(t.Context(), annalsaws.Projector, ask.Request{Of: 1})
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) ||
				found.Left != test.left {
				t.Errorf("reconcile in segments: %+v, %v, want an error with %q", found, err, test.fails)
			}
		})
	}
}

// TestRollbackRefuses: streams are brought level in the one read model, at a limited rate. While some stay behind,
// nothing is rolled back.
func TestRollbackRefuses(t *testing.T) {
	t.Parallel()
	o := scripted(t, func(in ask.Request, _ http.ResponseWriter) *ask.Answer {
		if in.Task != ask.Reconcile || len(in.Projections) != 1 || in.Projections[0] != "orders" || in.UnitsPerSecond == 0 {
			t.Errorf("task of the function: %+v, want a reconciliation of orders with a rate", in)
		}
		return part(es.End, projection.Reconciled{Left: 1})
	})
	err := o.bringLevel(t.Context(), "orders")
	if err == nil || !strings.Contains(err.Error(), "4 checkpoints of orders are still behind") {
		t.Error(err)
	}
	again := 0
	o = scripted(t, func(in ask.Request, _ http.ResponseWriter) *ask.Answer {
		if in.Segment == 0 {
			again++
		}
		if in.Segment == 0 && again == 1 {
			return part(es.End, projection.Reconciled{Left: 1})
		}
		return part(es.End, projection.Reconciled{})
	})
	if err := o.bringLevel(t.Context(), "orders"); err != nil || again != 2 {
		t.Errorf("catch up all of orders: %v after %d rounds, want 2", err, again)
	}
}

// TestRepublishContinues: a function that had not enough time for a stream is asked for the rest. One that gets nowhere
// is not asked for ever.
func TestRepublishContinues(t *testing.T) {
	t.Parallel()
	o := scripted(t, func(in ask.Request, _ http.ResponseWriter) *ask.Answer {
		if in.Version < 30 {
			return &ask.Answer{Events: 10, Next: in.Version + 10}
		}
		return &ask.Answer{Events: 2}
	})
	if n, err := o.republish(t.Context(), es.StreamID{Type: "Order", ID: "o"}, 10); n != 22 || err != nil {
		t.Errorf("republish: sent %d events, %v, want 22", n, err)
	}
	o = scripted(t, func(in ask.Request, _ http.ResponseWriter) *ask.Answer { return &ask.Answer{Next: in.Version} })
	if _, err := o.republish(t.Context(), es.StreamID{Type: "Order", ID: "o"}, 7); err == nil ||
		!strings.Contains(err.Error(), "from version 7: the reactor function had no time") {
		t.Error(err)
	}
}
