package functions_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestRacingRepeats sends one command many times at once, on the real store: it is done once, and answered the same.
func TestRacingRepeats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ target, body string }{
		"deposit": {"POST /accounts/a-1/deposits", usd5},
		"transfer": {
			"POST /transfers", `{"fromAccountId":"a-1","toAccountId":"a-2","amount":{"amount":"1","currency":"USD"}}`,
		},
		"creation": {"POST /accounts", strings.Replace(second, "a-2", "a-3", 1)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.ok(t, "POST /accounts", opened)
			s.ok(t, "POST /accounts", second)
			before := len(s.records(t))
			answers := make([]answer, 8)
			gate := make(chan struct{})
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() {
					<-gate
					answers[i] = s.send(t, tt.target, tt.body, "Idempotency-Key: k")
				})
			}
			close(gate)
			wg.Wait()
			for _, got := range append(answers, s.send(t, tt.target, tt.body, "Idempotency-Key: k")) {
				if got.Body != answers[0].Body || got.StatusCode > http.StatusCreated {
					t.Errorf("status %d, body %s; want the first answer: %s", got.StatusCode, got.Body, answers[0].Body)
				}
			}
			want := 1
			if name == "transfer" {
				want = 2
			}
			if stored := len(s.records(t)) - before; stored != want {
				t.Errorf("%d commits stored, want %d", stored, want)
			}
			if s.log.String() != "" {
				t.Errorf("log: %s, want nothing", s.log)
			}
		})
	}
}
