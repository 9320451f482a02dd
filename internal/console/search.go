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

// maxFound is the most commits that a search answers.
const maxFound = 200

// found is what a search came to.
type found struct {
	Commits []inspect.Commit `json:"commits"`
	// Complete says that these are all, else Note says why not.
	Complete bool   `json:"complete"`
	Note     string `json:"note,omitempty"`
}

// find answers commits, by what their stream's name begins with, the type of an event, or their correlation id.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	query := inspect.Query{Stream: q.Get("stream"), Type: q.Get("type"), CorrelationID: q.Get("correlation")}
	if query == (inspect.Query{}) {
		problem(w, http.StatusBadRequest, "say what to look for: stream, type, correlation")
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
			out.Complete, out.Note = false, "There are more than "+strconv.Itoa(maxFound)+": ask for less."
			return out, nil
		}
		out.Commits = append(out.Commits, commit)
	}
	return out, nil
}

// partial says why a search ended early, if what it has found is of use nevertheless.
func (c *Console) partial(ctx context.Context, err error) (note string, ours bool) {
	if errors.As(err, new(*inspect.UnreadableError)) {
		return err.Error(), true
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "The search ended after " + c.cfg.Timeout.String() + ": there may be more. `annals` on the command line takes its time.", true
	}
	return "", false
}

// trace answers what a request led to.
func (c *Console) trace(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("correlation")
	if id == "" {
		problem(w, http.StatusBadRequest, "name the correlation id")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.cfg.Timeout)
	defer cancel()
	t, err := c.source.Trace(ctx, id)
	out := struct {
		inspect.Trace
		Complete bool   `json:"complete"`
		Note     string `json:"note,omitempty"`
		// Now is the time here, for what is not applied yet.
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

// applied answers how far every projection has come with a version of a stream.
func (c *Console) applied(w http.ResponseWriter, r *http.Request) {
	stream, ok := streamOf(w, r.URL.Query().Get("stream"))
	if !ok {
		return
	}
	version, err := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if err != nil || version < 1 {
		problem(w, http.StatusBadRequest, "want a version, from 1")
		return
	}
	out, err := c.source.Applied(r.Context(), stream, version)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, http.StatusOK, out)
}
