package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// fake starts a service that answers with a function, and counts the requests.
func fake(t *testing.T, answer func(n int64, w http.ResponseWriter)) (traffic, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		answer(asked.Add(1), w)
	}))
	t.Cleanup(server.Close)
	return traffic{base: server.URL, run: "test"}, &asked
}

func TestSharesAreAHundred(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, o := range operations {
		sum += o.share
	}
	if sum != 100 {
		t.Errorf("the shares of the operations add up to %d, want 100", sum)
	}
}

func TestEveryCommandHasItsOwnKey(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		var target vegeta.Target
		if err := (traffic{base: "http://x", run: "r"}).next(&target); err != nil {
			t.Fatal(err)
		}
		key := target.Header.Get("Idempotency-Key")
		if isCommand := target.Method != http.MethodGet; isCommand != (key != "") || seen[key] && isCommand {
			t.Fatalf("%s %s has the key %q", target.Method, target.URL, key)
		}
		seen[key] = true
	}
}

func TestRefusalsAndErrorsAreToldApart(t *testing.T) {
	t.Parallel()
	codes := []int{200, 201, 429, 503, 500, 409}
	traffic, asked := fake(t, func(n int64, w http.ResponseWriter) { w.WriteHeader(codes[n%int64(len(codes))]) })
	m := &measured{name: "4"}
	m.commands, m.queries = attack(traffic, 4, 0, 300*time.Millisecond)
	if got := m.commands.Requests + m.queries.Requests; int64(got) != asked.Load() {
		t.Errorf("counted %d requests, %d were sent", got, asked.Load())
	}
	if third := float64(m.refused()) / float64(asked.Load()); third < 0.3 || third > 0.37 {
		t.Errorf("%d of %d were refused, want a third", m.refused(), asked.Load())
	}
	if got := m.errors(); !strings.Contains(got, "× 500") || !strings.Contains(got, "× 409") ||
		strings.Contains(got, "× 503") || strings.Contains(got, "× 200") {
		t.Errorf("errors: %q, want 500 and 409 alone", got)
	}
	err := m.check()
	if err == nil || !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), "× 500") {
		t.Errorf("check: %v, want an error with the refused requests and the 500", err)
	}
}

func TestNoAnswerIsAnError(t *testing.T) {
	t.Parallel()
	m := &measured{name: "1"}
	m.commands, m.queries = attack(traffic{base: "http://127.0.0.1:1", run: "test"}, 1, 0, 50*time.Millisecond)
	if got := m.errors(); !strings.HasSuffix(got, "× no answer") {
		t.Errorf("errors: %q, want no answer", got)
	}
}

func TestRateIsKeptWhetherAnsweredOrNot(t *testing.T) {
	t.Parallel()
	traffic, asked := fake(t, func(int64, http.ResponseWriter) { time.Sleep(400 * time.Millisecond) })
	attack(traffic, 0, 100, time.Second)
	if n := asked.Load(); n < 80 { // four clients that wait for their answers would send 10
		t.Errorf("sent %d requests in a second, want 100", n)
	}
}

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	m := &memory{}
	for i := range 100 {
		m.samples = append(m.samples, sample{at: time.Duration(i) * time.Second, of: map[string]usage{
			"steady": {1, 30 << 20, 30 << 20}, "leaking": {1, int64(20+i) << 20, int64(20+i) << 20},
			"DynamoDB Local": {1, int64(1+i) << 20, 0},
		}})
	}
	text, err := m.growth([2]time.Duration{25 * time.Second, 50 * time.Second}, [2]time.Duration{
		75 * time.Second, 100 * time.Second,
	})
	if err == nil || err.Error() != "memory of leaking grew from 57 to 107 MB" {
		t.Errorf("check of the memory: %v, want the growth of leaking", err)
	}
	if !strings.Contains(text, "| steady | 30 | 30 | 1.00 |") {
		t.Error(text)
	}
}

func TestLagIsThatOfTheReadModel(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		create, query int
		consistency   string
		shown, asked  bool
	}{
		"shown":              {create: 201, query: 200, shown: true, asked: true},
		"from the events":    {create: 201, query: 200, consistency: "strong", asked: true},
		"not yet":            {create: 201, query: 202, asked: true},
		"refused the create": {create: 503},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traffic, _ := fake(t, func(n int64, w http.ResponseWriter) {
				if n == 1 {
					w.WriteHeader(test.create)
					return
				}
				if test.consistency != "" {
					w.Header().Set("Consistency", test.consistency)
				}
				w.WriteHeader(test.query)
			})
			if _, shown, asked := traffic.lag(); shown != test.shown || asked != test.asked {
				t.Errorf("lag shown %t, asked for %t; want %t and %t", shown, asked, test.shown, test.asked)
			}
		})
	}
}

func TestPicturesAndTables(t *testing.T) {
	t.Parallel()
	traffic, _ := fake(t, func(int64, http.ResponseWriter) {})
	m := &measured{name: "2", peak: map[string]usage{"runner": {1, 20 << 20, 20 << 20}}}
	m.commands, m.queries = attack(traffic, 2, 0, 100*time.Millisecond)
	m.lags.Add(3 * time.Millisecond)
	if err := m.check(); err != nil {
		t.Error(err)
	}
	if got := table([]*measured{m}); !strings.Contains(got, "| 2 | 1 × 20 |") || !strings.Contains(got, "3.0 / 3.0") ||
		strings.Contains(got, "NaN") {
		t.Error(got)
	}
	path := filepath.Join(t.TempDir(), "load.svg")
	if err := drawLevels(path, []int{2, 4}, []*measured{m, m}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "commands, 99 %") {
		t.Errorf("the picture: %v, %d bytes", err, len(text))
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	var o options
	if err := o.levels("1,20"); err != nil || !slices.Equal(o.clients, []int{1, 20}) {
		t.Errorf("levels 1,20: %v, %v", o.clients, err)
	}
	for _, list := range []string{"", "0", "1,,2", "many", "1001"} {
		if err := o.levels(list); err == nil {
			t.Errorf("clients %q: no error", list)
		}
	}
}
