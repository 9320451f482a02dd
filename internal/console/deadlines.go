package console

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Timers lists, runs and cancels open deadlines. The command line has one.
type Timers interface {
	// OpenDeadlines yields the open deadlines of all timers, in no order. If until is not zero, it leaves out those that
	// are due later.
	OpenDeadlines(ctx context.Context, until time.Time) iter.Seq2[reaction.OpenDeadline, error]
	// RunDeadline executes the command of an open deadline at once.
	RunDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error
	// CancelDeadline cancels an open deadline for good.
	CancelDeadline(ctx context.Context, timer string, stream es.StreamID, name string) error
}

const (
	// maxDeadlines is the most deadlines that are listed, and maxRead the most that are read for it.
	maxDeadlines = 200
	maxRead      = 10_000
)

// openDeadline is an open deadline.
type openDeadline struct {
	Timer  string    `json:"timer"`
	Stream string    `json:"stream"`
	Name   string    `json:"name"`
	At     time.Time `json:"at"`
	// Version is the version of the event that asked for it last.
	Version int64  `json:"version"`
	Failed  string `json:"failed,omitempty"`
}

// deadlines answers with the earliest open deadlines. The query's parameter within is a number of seconds: those that
// are due later are left out. Without it there are all.
func (c *Console) deadlines(w http.ResponseWriter, r *http.Request) {
	until := time.Time{}
	if text := r.URL.Query().Get("within"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			problem(w, http.StatusBadRequest, "within is no number of seconds")
			return
		}
		until = time.Now().Add(time.Duration(seconds) * time.Second)
	}
	out := struct {
		Deadlines []openDeadline `json:"deadlines"`
		Count     int            `json:"count"`
		// More is true if not all were read.
		More bool `json:"more"`
	}{Deadlines: []openDeadline{}}
	for d, err := range c.cfg.Timers.OpenDeadlines(r.Context(), until) {
		if err != nil {
			fail(w, err)
			return
		}
		if out.More = out.Count == maxRead; out.More {
			break
		}
		out.Count++
		out.Deadlines = append(out.Deadlines, openDeadline{d.Timer, d.Stream.String(), d.Name, d.At, d.Version, d.Failed})
	}
	slices.SortFunc(out.Deadlines, func(a, b openDeadline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Name, b.Name))
	})
	out.Deadlines = out.Deadlines[:min(len(out.Deadlines), maxDeadlines)]
	answer(w, http.StatusOK, out)
}

// hasTimers returns a handler that answers 404 if the service has no timers.
func (c *Console) hasTimers(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c.cfg.Timers == nil {
			problem(w, http.StatusNotFound, "the service has no timers")
			return
		}
		next(w, r)
	}
}

// onDeadline returns a handler that runs or cancels a deadline. It goes on if the page is closed.
func (c *Console) onDeadline(
	what string, do func(Timers, context.Context, string, es.StreamID, string) error,
) http.HandlerFunc {
	return c.hasTimers(c.writes(ofProjection(func(w http.ResponseWriter, r *http.Request, o order) {
		stream, ok := streamOf(w, o.Stream)
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), c.cfg.Timeout)
		defer cancel()
		c.cfg.Log.InfoContext(ctx, "the console "+what+" a deadline",
			"timer", o.Projection, "stream", o.Stream, "deadline", o.Deadline)
		if err := do(c.cfg.Timers, ctx, o.Projection, stream, o.Deadline); err != nil {
			fail(w, err)
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})))
}
