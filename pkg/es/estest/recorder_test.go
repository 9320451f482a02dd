package estest_test

import (
	"fmt"
	"strings"
	"testing"
)

// recorder is a test that only notes what it is told.
type recorder struct{ failures []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// wants fails the test unless there was exactly one failure, which says all of these; none = there must be no failure.
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
		// cmp writes some spaces as no-break spaces, at random, so that nobody relies on its output
		if got := strings.ReplaceAll(r.failures[0], "\u00a0", " "); !strings.Contains(got, s) {
			t.Errorf("the failure does not say %q:\n%s", s, got)
		}
	}
}
