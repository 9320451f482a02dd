package annalslambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
)

// task does a task of an operator's tool. Its error becomes part of the answer: the invocation succeeds.
type task func(context.Context, *ask.Request) (*ask.Answer, error)

// tasks are the tasks that a function does.
type tasks map[ask.Task]task

// or returns a handler that does the tasks, and passes all other invocations to next.
func (t tasks) or(
	log *slog.Logger, next func(context.Context, json.RawMessage) (any, error),
) func(context.Context, json.RawMessage) (any, error) {
	return func(ctx context.Context, payload json.RawMessage) (any, error) {
		if isTask(payload) {
			return t.do(ctx, log, payload)
		}
		return next(ctx, payload)
	}
}

// on returns the tasks as a function does them whose event table has a name: it refuses those of another one.
func (t tasks) on(table string) tasks {
	all := tasks{}
	for name, do := range t {
		all[name] = func(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
			if in.Table != "" && in.Table != table {
				return nil, fmt.Errorf("this function uses table %s, not %s, on which the tool works: correct the description "+
					"of the service that the tool was given", table, in.Table)
			}
			return do(ctx, in)
		}
	}
	return all
}

// do does the task of an [ask.Envelope].
//
// Errors: one if the envelope can't be read.
func (t tasks) do(ctx context.Context, log *slog.Logger, payload []byte) (*ask.Reply, error) {
	var in ask.Envelope
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, fmt.Errorf("read the task: %w", err)
	}
	if in.Annals == nil {
		return nil, errors.New(`read the task: want {"annals": {"task": …}}`)
	}
	do, known := t[in.Annals.Task]
	if !known {
		do = unknown
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if deadline, bounded := ctx.Deadline(); bounded {
		within, cancel = context.WithDeadline(ctx, deadline.Add(-taskMargin))
	}
	defer cancel()
	out, err := do(within, in.Annals)
	if err == nil && out.State != nil && len(out.State.State) > maxState {
		err = fmt.Errorf("the state of %s has %d bytes: a function answers with at most %d", in.Annals.Stream,
			len(out.State.State), maxState)
	}
	about := slog.GroupAttrs("", taskAttrs(in.Annals, out)...)
	if err != nil {
		if within.Err() != nil {
			err = fmt.Errorf("task %q ran out of time: raise the function's timeout: %w", in.Annals.Task, err)
		}
		log.LogAttrs(ctx, slog.LevelWarn, "a task failed", about, slog.String("error", annalshttp.Describe(err)))
		return &ask.Reply{Annals: &ask.Answer{Error: ask.ErrorOf(err)}}, nil
	}
	log.LogAttrs(ctx, slog.LevelInfo, "a task was done", about)
	return &ask.Reply{Annals: out}, nil
}

const (
	// taskMargin is how long before the end of the invocation a task ends: an invocation that times out raises an alarm.
	taskMargin = time.Second
	// maxState is the largest state that a function answers with. Lambda takes answers of 6 MB.
	maxState = 5 << 20
)

// taskAttrs say what a task was about, and which generation came of it.
func taskAttrs(in *ask.Request, out *ask.Answer) []slog.Attr {
	all := []slog.Attr{slog.String("task", string(in.Task))}
	if in.Stream != "" {
		all = append(all, slog.String("stream", in.Stream))
	}
	if names := slices.Concat(in.Projections, []string{in.Projection}); strings.Join(names, "") != "" {
		all = append(all, slog.String("projection", strings.Trim(strings.Join(names, " "), " ")))
	}
	if out != nil && out.Generation != 0 {
		all = append(all, slog.Int("generation", out.Generation))
	}
	return all
}

// unknown refuses a task that the function does not have.
func unknown(_ context.Context, in *ask.Request) (*ask.Answer, error) {
	return nil, fmt.Errorf("this function has no task %q: use a tool of the version that is deployed", in.Task)
}

// isTask tells whether a payload is an [ask.Envelope]. It reads only the name of the first member: no event of an event
// source begins with that name.
func isTask(payload []byte) bool {
	rest, isObject := bytes.CutPrefix(bytes.TrimSpace(payload), []byte("{"))
	return isObject && bytes.HasPrefix(bytes.TrimSpace(rest), []byte(`"annals"`))
}

// onStream returns a task about the request's stream.
func onStream(do func(ctx context.Context, stream es.StreamID, in *ask.Request) (*ask.Answer, error)) task {
	return func(ctx context.Context, in *ask.Request) (*ask.Answer, error) {
		stream, err := es.ParseStreamID(in.Stream)
		if err != nil {
			return nil, err
		}
		return do(ctx, stream, in)
	}
}
