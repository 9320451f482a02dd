package estest_test

import (
	"fmt"
	"strings"
	"testing"
)

// recorder is a test that only records its failures.
type recorder struct{ failures []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// wants fails the test unless there was exactly one failure, which contains all of these texts; no texts = no failure.
func (r *recorder) wants(t *testing.T, says ...string) {
	t.Helper()
	want := 1
	if len(says) == 0 {
		want = 0
	}
	if len(r.failures) != want {
		t.Fatalf("%d failures, want %d:\n%s", len(r.failures), want, strings.Join(r.failures, "\n"))
	}
	for _, s := range says {
		// cmp randomly uses no-break spaces, so that its output is not relied upon
		if got := strings.ReplaceAll(r.failures[0], "\u00a0", " "); !strings.Contains(got, s) {
			t.Errorf("the failure does not say %q:\n%s", s, got)
		}
	}
}
