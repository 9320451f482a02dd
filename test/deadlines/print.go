package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// print prints what a run found.
func (f *findings) print(out io.Writer, name string, m *market) {
	slices.Sort(f.late)
	fmt.Fprintf(out, "%s: %d orders in %.0f s: %d paid, %d cancelled", name, len(m.orders), m.took.Seconds(), f.paid, f.cancelled)
	if m.killed != (killed{}) {
		fmt.Fprintf(out, "; killed: %d functions, the runner %d times, DynamoDB Local %d times", m.killed.functions,
			m.killed.runners, m.killed.databases)
	}
	fmt.Fprintf(out, "; level after %.0f s more\n", f.waited.Seconds())
	fmt.Fprintf(out, "  late: p50 %.2f s, p99 %.2f s, at most %.2f s\n", f.quantile(0.5), f.quantile(0.99), f.quantile(1))
	for i, n := range f.byFate {
		fmt.Fprintf(out, "  %5d %-31s %5d cancelled\n", n.all, fateNames[i], n.cancelled)
	}
}

// quantile returns a quantile of the lateness in seconds.
func (f *findings) quantile(q float64) float64 {
	if len(f.late) == 0 {
		return 0
	}
	return f.late[min(int(q*float64(len(f.late))), len(f.late)-1)].Seconds()
}

// annals is the path of the command line.
func (s *stack) annals() string { return filepath.Join(s.built.Dir, "annals") }

// openDeadline is an open deadline as the command line shows it.
type openDeadline struct {
	Timer, Stream, Name, Failed string
	At                          time.Time
}

func (d openDeadline) String() string {
	return fmt.Sprintf("%s: %s of %s at %v: failed: %q", d.Timer, d.Name, d.Stream, d.At, d.Failed)
}

// list lists the open deadlines.
func (s *stack) list(ctx context.Context) ([]openDeadline, error) {
	cmd := exec.CommandContext(ctx, s.annals(), "--local", "--output", "json", "deadlines", "list")
	cmd.Env = append(os.Environ(), "PORT="+s.port())
	var text, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("annals --local deadlines list: %w\n%s", err, said.String())
	}
	var all []openDeadline
	for lines := json.NewDecoder(&text); ; {
		var d openDeadline
		if err := lines.Decode(&d); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
}
