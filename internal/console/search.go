package console

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/annals-es/annals/internal/inspect"
)

// maxFound is the most commits in the answer to a search.
const maxFound = 200

// found is the answer to a search.
type found struct {
	Commits []inspect.Commit `json:"commits"`
	// Complete is true if these are all. If not, Note says why.
	Complete bool   `json:"complete"`
	Note     string `json:"note,omitempty"`
}

// find answers with commits, by the beginning of their stream's name, the type of an event, or their correlation id.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	query := inspect.Query{Stream: q.Get("stream"), Type: q.Get("type"), CorrelationID: q.Get("correlation")}
	if query == (inspect.Query{}) {
		problem(w, http.StatusBadRequest, "say what to search for: stream, type or correlation")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Timeout)
	defer cancel()
	out, err := c.collect(ctx, c.source.Find(ctx, query))
	if err != nil {
		fail(w, err)
		return
	}
	slices.SortStableFunc(out.Commits, func(a, b inspect.Commit) int { return b.At.Compare(a.At) })
	answer(w, http.StatusOK, out)
}

func (c *Console) collect(ctx context.Context, commits iter.Seq2[inspect.Commit, error]) (found, error) {
	out := found{Commits: []inspect.Commit{}, Complete: true}
	for commit, err := range commits {
		switch {
		case err != nil:
			var ours bool
			if out.Note, ours = c.partial(ctx, err); !ours {
				return out, err
			}
			out.Complete = false
			return out, nil
		case len(out.Commits) == maxFound:
			out.Complete, out.Note = false, "There are more than "+strconv.Itoa(maxFound)+" commits: narrow the search."
			return out, nil
		}
		out.Commits = append(out.Commits, commit)
	}
	return out, nil
}

// partial returns a note about why a search ended early. ours is false if the search failed.
func (c *Console) partial(ctx context.Context, err error) (note string, ours bool) {
	if errors.As(err, new(*inspect.UnreadableError)) {
		return err.Error(), true
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "The search ended after " + c.cfg.Timeout.String() +
			": there may be more. `annals find` on the command line has no time limit.", true
	}
	return "", false
}

// trace answers with the commits of a request, and when the projections applied them.
func (c *Console) trace(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("correlation")
	if id == "" {
		problem(w, http.StatusBadRequest, "the correlation id is missing")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Timeout)
	defer cancel()
	t, err := c.source.Trace(ctx, id)
	out := struct {
		inspect.Trace
		Complete bool   `json:"complete"`
		Note     string `json:"note,omitempty"`
		// Now is the current time, for commits that are not applied yet.
		Now time.Time `json:"now"`
	}{Trace: t, Complete: err == nil, Now: time.Now().UTC()}
	if err != nil {
		var ours bool
		if out.Note, ours = c.partial(ctx, err); !ours {
			fail(w, err)
			return
		}
	}
	answer(w, http.StatusOK, out)
}

// applied answers with the progress of all projections in a stream, up to a version.
func (c *Console) applied(w http.ResponseWriter, r *http.Request) {
	stream, ok := streamOf(w, r.URL.Query().Get("stream"))
	if !ok {
		return
	}
	version, err := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if err != nil || version < 1 {
		problem(w, http.StatusBadRequest, "want a version of 1 or more")
		return
	}
	out, err := c.source.Applied(r.Context(), stream, version)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, out)
}
