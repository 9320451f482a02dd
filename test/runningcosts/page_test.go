package main

import (
	"strings"
	"testing"
)

// TestPage: costs that are always the same must equal the documented ones; others must not be much higher.
func TestPage(t *testing.T) {
	t.Parallel()
	p, err := readPage("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	const waits, hurries = "an order's life, the client waits", "an order's life, the client does not wait"
	times := func(s spent, by float64) spent { return spent{s.requests * by, s.reads * by, s.writes * by} }
	for _, test := range []struct {
		operation string
		by        float64
		waits     bool
		errors    int
	}{
		{waits, 1, true, 0}, {waits, 1.1, true, 3}, {waits, 0.9, true, 3},
		{hurries, 1, false, 0}, {hurries, 1.2, false, 0}, {hurries, 0.5, false, 0}, {hurries, 1.5, false, 3},
		{"a walk", 1, true, 1},
	} {
		got := p.compare(test.operation, times(p.costs[test.operation], test.by), test.waits)
		lines := 0
		if got != nil {
			lines = strings.Count(got.Error(), "\n") + 1
		}
		if lines != test.errors {
			t.Errorf("%s, %v times: differences %v, want %d", test.operation, test.by, got, test.errors)
		}
	}
}
