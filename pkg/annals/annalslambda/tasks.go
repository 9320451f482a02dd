package annalslambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

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
	out, err := do(ctx, in.Annals)
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "a task failed", slog.String("task", string(in.Annals.Task)),
			slog.String("error", annalshttp.Describe(err)))
		return &ask.Reply{Annals: &ask.Answer{Error: ask.ErrorOf(err)}}, nil
	}
	log.LogAttrs(ctx, slog.LevelInfo, "a task was done", slog.String("task", string(in.Annals.Task)))
	return &ask.Reply{Annals: out}, nil
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
