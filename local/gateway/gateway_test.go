package gateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/local/lambda"
)

// function answers with what it is made of, and keeps what it received.
type function struct {
	answer   string
	err      error
	received []byte
}

func (f *function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	f.received = payload
	return []byte(f.answer), f.err
}

// serve sends one request to an API with one route and returns the event and the response.
func serve(t *testing.T, routeKey string, f *function, r *http.Request) *http.Response {
	t.Helper()
	a, err := New("api", "000000000000", []Route{{Key: routeKey, Function: f, Timeout: time.Second}}, Options{},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return time.UnixMilli(1_700_000_000_123) }
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestEvent(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost,
		"http://example.org:3000/accounts/a%2Fb%20c/deposits?x=1&x=2&y=a%20b&z&e=%C3%A4", strings.NewReader(`{"ä":1}`))
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Add("X-Many", "one")
	r.Header.Add("X-Many", "two, three")
	r.Header.Set("User-Agent", "test")
	r.Header.Add("Cookie", "a=1; b=2")
	r.Header.Add("Cookie", "c=3")
	f := &function{answer: `{}`}
	id := serve(t, "POST /accounts/{id}/deposits", f, r).Header.Get("Apigw-Requestid")

	want := `{
		"version": "2.0",
		"routeKey": "POST /accounts/{id}/deposits",
		"rawPath": "/accounts/a/b c/deposits",
		"rawQueryString": "x=1&x=2&y=a%20b&z&e=%C3%A4",
		"cookies": ["a=1", "b=2", "c=3"],
		"headers": {
			"content-type": "application/json; charset=utf-8", "content-length": "8", "host": "example.org:3000",
			"user-agent": "test",
			"x-many": "one,two, three", "x-forwarded-for": "127.0.0.1", "x-forwarded-port": "3000", "x-forwarded-proto": "http"
		},
		"queryStringParameters": {"x": "1,2", "y": "a b", "z": "", "e": "ä"},
		"pathParameters": {"id": "a/b c"},
		"requestContext": {
			"accountId": "000000000000", "apiId": "api", "domainName": "example.org", "domainPrefix": "example",
			"http": {"method": "POST", "path": "/accounts/a/b c/deposits", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
				"userAgent": "test"},
			"requestId": "` + id + `", "routeKey": "POST /accounts/{id}/deposits", "stage": "$default",
			"time": "14/Nov/2023:22:13:20 +0000", "timeEpoch": 1700000000123
		},
		"body": "{\"ä\":1}",
		"isBase64Encoded": false
	}`
	if diff := cmp.Diff(decoded(t, []byte(want)), decoded(t, f.received)); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestEventWithoutAnything(t *testing.T) {
	t.Parallel()
	f := &function{answer: `{}`}
	serve(t, "GET /", f, httptest.NewRequest(http.MethodGet, "/", nil))
	got := decoded(t, f.received).(map[string]any)
	for _, absent := range []string{"cookies", "queryStringParameters", "pathParameters", "body"} {
		if value, there := got[absent]; there {
			t.Errorf("%s is %v, want it absent", absent, value)
		}
	}
	if got["rawQueryString"] != "" || got["isBase64Encoded"] != false {
		t.Errorf("event: %v, want an empty query string and no base64", got)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for contentType, encoded := range map[string]bool{
		"application/json": false, "application/json; charset=utf-8": false, "text/plain": false, "text/csv": false,
		"application/xml":        false,
		"application/javascript": false, "application/octet-stream": true, "image/png": true, "": true,
		"application/x-www-form-urlencoded": true,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a=b"))
		r.Header.Set("Content-Type", contentType)
		f := &function{answer: `{}`}
		serve(t, "POST /", f, r)
		got := decoded(t, f.received).(map[string]any)
		want := map[bool]string{false: "a=b", true: "YT1i"}[encoded]
		if got["isBase64Encoded"] != encoded || got["body"] != want {
			t.Errorf("Content-Type %q: body %v, base64 %v", contentType, got["body"], got["isBase64Encoded"])
		}
	}
}

// TestBodyOfOtherBytes: a function gets the bytes that were sent, so that it can refuse them.
func TestBodyOfOtherBytes(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{\"a\":\"\xff\"}"))
	r.Header.Set("Content-Type", "application/json")
	f := &function{answer: `{}`}
	serve(t, "POST /", f, r)
	got := decoded(t, f.received).(map[string]any)
	if got["isBase64Encoded"] != true || got["body"] != base64.StdEncoding.EncodeToString([]byte("{\"a\":\"\xff\"}")) {
		t.Errorf("body that is no UTF-8: %v, base64 %v; want it in base64", got["body"], got["isBase64Encoded"])
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer, body string
		status       int
		header       http.Header
	}{
		"full": {
			`{"statusCode":201,"headers":{"content-type":"application/json","X-Number":8,"ETag":"\"8\""},"cookies":["a=1; ` +
				`Path=/","b=2"],"body":"{}"}`,
			`{}`, 201,
			http.Header{
				"Content-Type": {"application/json"}, "X-Number": {"8"}, "Etag": {`"8"`}, "Set-Cookie": {"a=1; Path=/", "b=2"},
			},
		},
		"multi": {
			`{"statusCode":200,"multiValueHeaders":{"x":["1","2"]},"body":"x"}`, "x", 200,
			http.Header{"X": {"1", "2"}, "Content-Type": {"text/plain;charset=UTF-8"}},
		},
		"base64":   {`{"statusCode":200,"isBase64Encoded":true,"body":"AP8="}`, "\x00\xff", 200, http.Header{}},
		"empty":    {`{"statusCode":204}`, "", 204, http.Header{}},
		"inferred": {`{"message":"hi"}`, `{"message":"hi"}`, 200, http.Header{"Content-Type": {"application/json"}}},
		"text":     {`"hi"`, `hi`, 200, http.Header{"Content-Type": {"application/json"}}},
		"list":     {` [1,2] `, `[1,2]`, 200, http.Header{"Content-Type": {"application/json"}}},
		"nothing":  {``, `{"message":"Internal Server Error"}`, 500, http.Header{}},
		"not JSON": {`{"statusCode":`, `{"message":"Internal Server Error"}`, 500, http.Header{}},
		"bad base64": {
			`{"statusCode":200,"isBase64Encoded":true,"body":"%"}`, `{"message":"Internal Server Error"}`, 500, http.Header{},
		},
		"bad status":  {`{"statusCode":99}`, `{"message":"Internal Server Error"}`, 500, http.Header{}},
		"text status": {`{"statusCode":"OK"}`, `{"message":"Internal Server Error"}`, 500, http.Header{}},
	} {
		got := serve(t, "GET /", &function{answer: test.answer}, httptest.NewRequest(http.MethodGet, "/", nil))
		body, _ := io.ReadAll(got.Body)
		if got.StatusCode != test.status || string(body) != test.body {
			t.Errorf("%s: status %d, body %q; want %d and %q", name, got.StatusCode, body, test.status, test.body)
		}
		for header, want := range test.header {
			if diff := cmp.Diff(want, got.Header.Values(header)); diff != "" {
				t.Errorf("%s: header %s (-want +got):\n%s", name, header, diff)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err    error
		status int
		body   string
	}{
		{&lambda.FunctionError{Type: "Runtime.ExitError", Message: "secret"}, 500, `{"message":"Internal Server Error"}`},
		{errors.New("secret"), 500, `{"message":"Internal Server Error"}`},
		{context.DeadlineExceeded, 503, `{"message":"Service Unavailable"}`},
		{lambda.ErrThrottled, 503, `{"message":"Service Unavailable"}`},
		{lambda.ErrClosed, 503, `{"message":"Service Unavailable"}`},
		{lambda.ErrPayloadTooLarge, 413, `{"message":"Request Entity Too Large"}`},
	} {
		got := serve(t, "GET /", &function{err: test.err}, httptest.NewRequest(http.MethodGet, "/", nil))
		if body, _ := io.ReadAll(got.Body); got.StatusCode != test.status || string(body) != test.body {
			t.Errorf("function that fails with %v: status %d, body %s; want %d and %s",
				test.err, got.StatusCode, body, test.status, test.body)
		}
	}
}

// slow does not answer before the caller has given up.
type slow struct{}

func (slow) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	a, err := New("api", "", []Route{{Key: "$default", Function: slow{}, Timeout: 20 * time.Millisecond}}, Options{},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w, begin := httptest.NewRecorder(), time.Now()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable || time.Since(begin) > time.Second {
		t.Errorf("request while the gateway ends: status %d after %v, want 503 at once", w.Code, time.Since(begin))
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f := &function{answer: `{"statusCode":200}`}
	for size, want := range map[int]int{6 << 20: 200, 6<<20 + 1: 413} {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(make([]byte, size)))
		if got := serve(t, "POST /", f, r).StatusCode; got != want {
			t.Errorf("body of %d bytes: %d", size, got)
		}
	}
	for size, want := range map[int]int{10_000: 200, 10_240: 431} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Long", strings.Repeat("x", size))
		if got := serve(t, "POST /", f, r).StatusCode; got != want {
			t.Errorf("header of %d bytes: %d", size, got)
		}
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return v
}
