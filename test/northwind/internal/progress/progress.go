// Package progress shows the progress of a long job: as a bar on a terminal, as a few plain lines elsewhere. Start with
// [New].
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Bar counts to its total. It is safe for concurrent use.
type Bar struct {
	bar *progressbar.ProgressBar // nil: lines

	w     io.Writer
	what  string
	total int

	mu   sync.Mutex
	done int
}

// New starts a bar. what is the unit, such as "orders". On a terminal it draws a bar; elsewhere it writes a line at
// each tenth of the total.
func New(w io.Writer, what string, total int) *Bar {
	b := &Bar{w: w, what: what, total: total}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		b.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(fmt.Sprintf("%-8s", what)),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(what),
			progressbar.OptionThrottle(65*time.Millisecond), progressbar.OptionSetWidth(30),
			progressbar.OptionOnCompletion(func() { fmt.Fprintln(w) }))
	}
	return b
}

// Add counts one more.
func (b *Bar) Add() {
	if b.bar != nil {
		_ = b.bar.Add(1) // fails only beyond the total, and then only does not draw
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.done * 10 / b.total
	b.done++
	if b.done*10/b.total > before {
		fmt.Fprintf(b.w, "%s: %d of %d\n", b.what, b.done, b.total)
	}
}

// Close ends the line of an unfinished bar, so that the next output starts on a new line.
func (b *Bar) Close() {
	if b.bar != nil && b.bar.State().CurrentNum > 0 && !b.bar.IsFinished() {
		fmt.Fprintln(b.w)
	}
}
