package console_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/internal/console"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// timers have open deadlines by their names, all of one stream. What is run or canceled is gone.
type timers struct {
	mu   sync.Mutex
	open map[string]reaction.OpenDeadline
	fail error
	did  []string
}

func newTimers(n int) *timers {
	t := &timers{open: map[string]reaction.OpenDeadline{}}
	for i := range n {
		name := fmt.Sprint("d", i)
		t.open[name] = reaction.OpenDeadline{Deadline: reaction.Deadline{
			Timer: "dun", Stream: es.StreamID{Type: "Bill", ID: "1"}, Name: name, Version: 7,
			At: time.Now().Add(time.Duration(i) * time.Hour),
		}}
	}
	return t
}

func (t *timers) OpenDeadlines(_ context.Context, until time.Time) iter.Seq2[reaction.OpenDeadline, error] {
	return func(yield func(reaction.OpenDeadline, error) bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.fail != nil {
			yield(reaction.OpenDeadline{}, t.fail)
			return
		}
		for _, d := range t.open {
			if (until.IsZero() || !d.At.After(until)) && !yield(d, nil) {
				return
			}
		}
	}
}

func (t *timers) done(ctx context.Context, what, timer string, stream es.StreamID, name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, is := t.open[name]; !is || ctx.Err() != nil {
		return fmt.Errorf("%s has no open deadline %q in %s", stream, name, timer)
	}
	delete(t.open, name)
	t.did = append(t.did, what+" "+timer+" "+stream.String()+" "+name)
	return nil
}

func (t *timers) RunDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error {
	return t.done(ctx, "run", timer, stream, name)
}

func (t *timers) CancelDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error {
	return t.done(ctx, "cancel", timer, stream, name)
}

// TestDeadlines: the earliest deadlines are listed, until a time, and errors are sentences.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	open := newTimers(300)
	h := page(t, console.Config{Timers: open})
	for path, want := range map[string][3]int{ // deadlines, count, the first
		"/api/deadlines": {200, 300, 0}, "/api/deadlines?within=0": {1, 1, 0}, "/api/deadlines?within=86400": {25, 25, 0},
	} {
		var got struct {
			Deadlines []struct{ Timer, Stream, Name string }
			Count     int
		}
		w := send(t, h, http.MethodGet, path, "", &got)
		if w.Code != http.StatusOK || len(got.Deadlines) != want[0] || got.Count != want[1] ||
			got.Deadlines[0].Name != "d0" || got.Deadlines[len(got.Deadlines)-1].Name != fmt.Sprint("d", want[0]-1) {
			t.Errorf("GET %s: %d, %d deadlines of %d, want %v", path, w.Code, len(got.Deadlines), got.Count, want)
		}
	}
	for path, want := range map[string]string{
		"/api/deadlines?within=soon": "within is no number of seconds", "/api/deadlines?within=-1": "within is no number",
	} {
		if w := send(t, h, http.MethodGet, path, "", nil); w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s: %d %s, want 400 and %s", path, w.Code, w.Body, want)
		}
	}
	open.fail = errors.New("the index is missing")
	w := send(t, h, http.MethodGet, "/api/deadlines", "", nil)
	if w.Code != 500 || !strings.Contains(w.Body.String(), "index") {
		t.Errorf("GET of what can't be read: %d %s, want 500 and the error", w.Code, w.Body)
	}
	if w := send(t, page(t, console.Config{}), http.MethodGet, "/api/deadlines", "", nil); w.Code != http.StatusNotFound {
		t.Errorf("GET of a service without timers: %d, want 404", w.Code)
	}
}

// TestOnDeadline: deadlines are run and canceled by a console that may write, and by no other.
func TestOnDeadline(t *testing.T) {
	t.Parallel()
	open := newTimers(3)
	h := page(t, console.Config{Timers: open, Write: true, Log: slog.New(slog.DiscardHandler)})
	readOnly := page(t, console.Config{Timers: open})
	none := page(t, console.Config{Write: true})
	const good = `{"projection":"dun","stream":"Bill#1","deadline":"d1"}`
	for _, step := range []struct {
		h          http.Handler
		path, body string
		status     int
		says       string
	}{
		{readOnly, "/api/run", good, 403, "start it with --write"},
		{readOnly, "/api/cancel", good, 403, "start it with --write"},
		{none, "/api/run", good, 404, "the service has no timers"},
		{h, "/api/run", `{"stream":"Bill#1","deadline":"d1"}`, 400, "projection is missing"},
		{h, "/api/run", `{"projection":"dun","stream":"Bill","deadline":"d1"}`, 400, "want Type#id"},
		{h, "/api/run", `{"projection":"dun","other":1}`, 400, "other"},
		{h, "/api/run", good, 200, "{}"},
		{h, "/api/run", good, 500, `has no open deadline`},
		{h, "/api/cancel", `{"projection":"dun","stream":"Bill#1","deadline":"d2"}`, 200, "{}"},
	} {
		w := send(t, step.h, http.MethodPost, step.path, step.body, nil)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.says) {
			t.Errorf("POST %s %s: %d %s, want %d and %s", step.path, step.body, w.Code, w.Body, step.status, step.says)
		}
	}
	if got := strings.Join(open.did, ", "); got != "run dun Bill#1 d1, cancel dun Bill#1 d2" {
		t.Errorf("done: %s", got)
	}
}
