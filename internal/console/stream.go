package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
)

// maxTimeline is the most events of a timeline.
const maxTimeline = 20_000

// moment is an event of a timeline.
type moment struct {
	Version int64     `json:"version"`
	Type    string    `json:"type"`
	At      time.Time `json:"at"`
	// Commit is the version of its commit's first event.
	Commit int64 `json:"commit"`
}

// stream answers with the timeline of a stream: its events without their data.
func (c *Console) stream(w http.ResponseWriter, r *http.Request) {
	stream, ok := streamOf(w, r.URL.Query().Get("stream"))
	if !ok {
		return
	}
	out := struct {
		Stream string `json:"stream"`
		// Stateful is true if the stream has states: it is an aggregate's.
		Stateful bool     `json:"stateful"`
		Timeline []moment `json:"timeline"`
		// More is true if there are more events than in the timeline.
		More bool `json:"more"`
	}{Stream: stream.String(), Stateful: slices.Contains(c.source.Types(), stream.Type), Timeline: []moment{}}
	for commit, err := range c.source.Events(r.Context(), stream, 0, 0) {
		if err != nil {
			fail(w, err)
			return
		}
		if out.More = len(out.Timeline)+len(commit.Events) > maxTimeline; out.More {
			break
		}
		for _, e := range commit.Events {
			out.Timeline = append(out.Timeline, moment{Version: e.Version, Type: e.Type, At: commit.At, Commit: commit.Version})
		}
	}
	answer(w, http.StatusOK, out)
}

// step is a version of a stream: the event in its commit, the state after it, and what it changed.
type step struct {
	Commit  inspect.Commit       `json:"commit"`
	State   *inspect.State       `json:"state,omitempty"`
	Changes []inspect.Difference `json:"changes"`
	// Unknown is why there is no state.
	Unknown string `json:"unknown,omitempty"`
}

// state answers with a version of a stream.
func (c *Console) state(w http.ResponseWriter, r *http.Request) {
	stream, ok := streamOf(w, r.URL.Query().Get("stream"))
	if !ok {
		return
	}
	version, err := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if err != nil || version < 1 {
		problem(w, http.StatusBadRequest, "want a version of 1 or more")
		return
	}
	var out step
	for commit, err := range c.source.Events(r.Context(), stream, version, version) {
		if err != nil {
			fail(w, err)
			return
		}
		out.Commit = commit
	}
	if len(out.Commit.Events) == 0 {
		problem(w, http.StatusNotFound, stream.String()+" has no version "+strconv.FormatInt(version, 10))
		return
	}
	if err := c.change(r.Context(), stream, version, &out); err != nil {
		if r.Context().Err() != nil {
			return
		}
		out.Unknown = err.Error() // the page still shows the event
	}
	answer(w, http.StatusOK, out)
}

// change folds a stream to a version and to the one before it, and compares the states.
func (c *Console) change(ctx context.Context, stream es.StreamID, version int64, out *step) error {
	after, err := c.source.State(ctx, stream, es.Point{Version: version})
	if err != nil {
		return err
	}
	out.State = &after
	var before inspect.State
	if version > 1 {
		if before, err = c.source.State(ctx, stream, es.Point{Version: version - 1}); err != nil {
			return err
		}
	}
	out.Changes, err = inspect.Diff(before.State, after.State)
	return err
}
