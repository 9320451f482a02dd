package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// quick is a configuration for tests, with five attempts.
var quick = Config{WaitMin: time.Millisecond, WaitMax: 4 * time.Millisecond, Attempts: 5, Timeout: 5 * time.Second}

// serve starts a service whose n-th request, counted from 1, is answered by answer. It returns a client, and a function
// that returns the requests so far: method, target, key, Occurred-At and body of each.
func serve(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*Client, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, strings.TrimSpace(
			fmt.Sprintf("%s %s %s %s %s", r.Method, r.URL, r.Header.Get("Idempotency-Key"), r.Header.Get("Occurred-At"), body),
		))
		n := len(seen)
		mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(server.Close)
	c, err := New(server.URL+"/", quick)
	if err != nil {
		t.Fatal(err)
	}
	return c, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

var placing = Command{
	Method: http.MethodPost, Path: "/orders/7/place", Key: "k-7",
	OccurredAt: time.Date(1996, 7, 4, 2, 0, 0, 0, time.FixedZone("", 7200)),
	Body:       map[string]int{"n": 1},
}

const placed = `{"id":"7","version":3,"state":{},"events":[{"type":"OrderPlaced","version":3}]}`

func TestSendRepeatsTheSameRequest(t *testing.T) {
	t.Parallel()
	c, seen := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			http.Error(w, "", http.StatusInternalServerError)
		case 2:
			panic(http.ErrAbortHandler) // cut before an answer
		case 3:
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, placed[:10])
			panic(http.ErrAbortHandler) // cut amid an answer
		case 4:
			w.Header().Set("Retry-After", "3600") // longer than the bound
			http.Error(w, "", http.StatusTooManyRequests)
		default:
			fmt.Fprint(w, placed)
		}
	})
	answer, err := c.Send(t.Context(), placing)
	if err != nil {
		t.Fatal(err)
	}
	if answer.ID != "7" || answer.Version != 3 || len(answer.Events) != 1 ||
		answer.Events[0] != (Event{"OrderPlaced", 3}) {
		t.Errorf("answer: %+v, want order 7 at version 3", answer)
	}
	for _, request := range seen() {
		if request != `POST /orders/7/place k-7 1996-07-04T00:00:00Z {"n":1}` {
			t.Errorf("request: %s", request)
		}
	}
	if len(seen()) != 5 || c.Repeats() == 0 {
		t.Errorf("%d requests, %d repeats; want 5, and more than 0", len(seen()), c.Repeats())
	}
}

func TestRefusalIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 404, 409, 412, 413, 422} {
		c, seen := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, `{"type":"https://example.org/problems/order-not-draft","detail":"too late"}`)
		})
		_, err := c.Send(t.Context(), placing)
		var refused *StatusError
		if !errors.As(err, &refused) || refused.Status != status || refused.Problem() != "order-not-draft" ||
			len(seen()) != 1 {
			t.Fatalf("request that is refused with %d: %v after %d requests, want one", status, err, len(seen()))
		}
		for _, part := range []string{
			"POST http://", "/orders/7/place (Idempotency-Key k-7): ", fmt.Sprint(status), `"detail":"too late"`,
		} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is missing in: %v", part, err)
			}
		}
		if strings.Contains(err.Error(), `"n"`) {
			t.Errorf("the error shows the payload: %v", err)
		}
	}
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	c, seen := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "overloaded", http.StatusServiceUnavailable)
	})
	_, err := c.Send(t.Context(), placing)
	if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable at the last of 5 attempts: overloaded") ||
		len(seen()) != 5 {
		t.Errorf("request to a service that is overloaded: %v after %d requests, want 5", err, len(seen()))
	}
	c, _ = serve(t, func(int, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := c.Send(t.Context(), placing); err == nil ||
		!strings.Contains(err.Error(), "given up after 5 attempts: ") {
		t.Errorf("request without an answer: %v, want an error after 5 attempts", err)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c, seen := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		cancel()
		http.Error(w, "", http.StatusInternalServerError)
	})
	if _, err := c.Send(ctx, placing); !errors.Is(err, context.Canceled) || len(seen()) != 1 {
		t.Errorf("request with a canceled context: %v after %d requests, want context.Canceled after 1", err, len(seen()))
	}
}

func TestAnswerThatIsNotAsAgreed(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(_ int, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") })
	if _, err := c.Send(t.Context(), placing); err == nil ||
		!strings.Contains(err.Error(), "200 with an unexpected body") {
		t.Errorf("answer with an unexpected body: %v, want an error that says so", err)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	c, seen := serve(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			http.Error(w, "", http.StatusBadGateway)
		case 2:
			fmt.Fprint(w, `{"total":"1"}`)
		case 3:
			w.WriteHeader(http.StatusAccepted)
		case 4:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	var got struct{ Total string }
	if err := c.Get(t.Context(), "/orders/7", url.Values{"a": {"b&c"}}, &got); err != nil || got.Total != "1" {
		t.Errorf("get order 7: %+v, %v, want the total 1", got, err)
	}
	if seen()[1] != "GET /orders/7?a=b%26c" {
		t.Errorf("request: %q, want the query escaped", seen()[1])
	}
	for _, notYet := range []bool{true, true, false} {
		if err := c.Get(t.Context(), "/orders/7", nil, &got); err == nil ||
			errors.Is(fmt.Errorf("order 7: %w", err), ErrNotYet) != notYet {
			t.Errorf("error %v is ErrNotYet: want %v", err, notYet)
		}
	}
}

func TestBackoffIsBounded(t *testing.T) {
	t.Parallel()
	for attempt := range 40 {
		res := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"3600"}}}
		if wait := backoff(time.Millisecond, time.Second, attempt, res); wait < time.Second/2 || wait > time.Second {
			t.Errorf("attempt %d waits %s, though Retry-After asks for an hour", attempt, wait)
		}
		if wait := backoff(time.Millisecond, time.Second, attempt, nil); wait < time.Millisecond/2 || wait > time.Second {
			t.Errorf("attempt %d waits %s, want at most 1 s", attempt, wait)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "127.0.0.1:3000", "localhost", "ftp://x", "http://", "http://a b"} {
		if _, err := New(base, Config{}); err == nil {
			t.Errorf("%q was no error", base)
		}
	}
}
