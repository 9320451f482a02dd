package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how many commits a long task has done: as a bar on a terminal, elsewhere as a line every second.
type progress struct {
	out   io.Writer
	name  string
	total int64 // an estimate; 0 if it is not known
	start time.Time
	bar   *progressbar.ProgressBar // nil prints lines

	mu              sync.Mutex
	commits, events int64
	said            time.Time
}

func newProgress(out io.Writer, name string, total int64) *progress {
	p := &progress{out: out, name: name, total: total, start: time.Now(), said: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(out),
			progressbar.OptionSetDescription(name),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("commits"),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	}
	return p
}

// add adds to the counts. It is safe for concurrent use.
func (p *progress) add(commits, events int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits += int64(commits)
	p.events += int64(events)
	if p.bar != nil {
		if p.commits > p.bar.GetMax64() { // more than the estimate
			p.bar.ChangeMax64(p.commits)
		}
		_ = p.bar.Set64(p.commits) // it is not beyond the maximum
		return
	}
	if now := time.Now(); now.Sub(p.said) > time.Second {
		p.said = now
		fmt.Fprintln(p.out, p.line(now))
	}
}

func (p *progress) line(now time.Time) string {
	rate := float64(p.commits) / max(now.Sub(p.start).Seconds(), 1e-3)
	line := fmt.Sprintf("%s: %d commits, %d events", p.name, p.commits, p.events)
	if p.total > p.commits && p.commits > 0 {
		left := time.Duration(float64(p.total-p.commits) / rate * float64(time.Second))
		line += fmt.Sprintf(" of about %d commits, %.0f a second, %s left", p.total, rate, left.Round(time.Second))
	}
	return line
}

// end removes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // clears the line
	}
}
