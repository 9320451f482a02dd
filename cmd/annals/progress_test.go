package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestProgressInAPipe: without a terminal, a line every second says how much is done and how long the rest
// takes.
func TestProgressInAPipe(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := newProgress(&b, "export", 1000)
	p.start, p.said = time.Now().Add(-10*time.Second), time.Now().Add(-2*time.Second)
	for range 5 {
		p.add(20, 30)
	}
	p.end()
	if got := b.String(); got != "export: 20 commits, 30 events of about 1000 commits, 2 a second, 8m10s left\n" {
		t.Errorf("progress line: %q", got)
	}
	p.add(900, 900)
	for _, total := range []int64{0, 10} { // not known; more than there were at first
		p := progress{name: "import", total: total, start: time.Now(), commits: 20, events: 30}
		if got := p.line(time.Now()); strings.Contains(got, "left") {
			t.Errorf("progress of %d commits: %q, want no time left", total, got)
		}
	}
}
