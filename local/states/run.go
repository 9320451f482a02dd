package states

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/local/lambda"
)

// stateError is an error that Retry and Catch can match.
type stateError struct{ Name, Cause string }

func (e *stateError) Error() string { return e.Name + ": " + e.Cause }

func runtimeError(name, cause string) error { return &stateError{name, cause} }

// interpreter runs a definition.
type interpreter struct {
	functions map[string]Function // by ARN
	log       *slog.Logger
	// entered, if set, is called before each state of the machine itself, but not for states inside a map.
	entered func(state string, data any) error
	context map[string]any
}

// run runs the states from the named one, which was entered at since, to the end, and returns the output.
//
// Errors: *stateError if the execution failed; the context's error if that ended, and then the current state has to run
// again.
func (in *interpreter) run(ctx context.Context, d *Definition, name string, since time.Time, data any) (any, error) {
	for {
		s := d.States[name]
		if in.entered != nil && since.IsZero() {
			if err := in.entered(name, data); err != nil {
				return nil, err
			}
		}
		next, out, err := in.step(ctx, s, since, data)
		since = time.Time{}
		if failed := (*stateError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
			if next, out, err = caught(s, failed, data); err != nil {
				return nil, err
			}
		} else if err != nil {
			return nil, err
		}
		if next == "" {
			return out, nil
		}
		name, data = next, out
	}
}

// caught returns the state that a catcher leads to.
func caught(s *State, failed *stateError, data any) (string, any, error) {
	for _, c := range s.catchers() {
		if !matches(c.ErrorEquals, failed.Name) {
			continue
		}
		out, err := put(data, c.ResultPath, map[string]any{"Error": failed.Name, "Cause": failed.Cause})
		return c.Next, out, err
	}
	return "", nil, failed
}

// matches: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
func matches(wanted []string, name string) bool {
	return slices.Contains(wanted, name) || slices.Contains(wanted, "States.ALL") && name != "States.Runtime"
}

// step runs one state, and returns the next one, or "" at the end.
func (in *interpreter) step(
	ctx context.Context, s *State, since time.Time, data any,
) (next string, out any, err error) {
	at := scope{data, in.context}
	switch {
	case s.Task != nil:
		out, err = in.task(ctx, s.Task, at)
		return s.Next, out, err
	case s.Map != nil:
		return s.Next, data, in.each(ctx, s.Map, at)
	case s.Choice != nil:
		return s.Choice.next(at), data, nil
	case s.Wait != nil:
		return s.Next, data, s.Wait.wait(ctx, since, at)
	case s.Fail != nil:
		name, err1 := at.find(s.Fail.ErrorPath)
		cause, err2 := at.find(s.Fail.CausePath)
		if err := errors.Join(err1, err2); err != nil {
			return "", nil, err
		}
		return "", nil, runtimeError(fmt.Sprint(name), fmt.Sprint(cause))
	}
	return "", data, nil // Succeed
}

func (c *choiceState) next(at scope) string {
	for _, one := range c.Choices {
		value, err := at.find(one.Variable)
		there := err == nil
		if one.IsPresent != nil && *one.IsPresent == there ||
			one.BooleanEquals != nil && there && value == *one.BooleanEquals {
			return one.Next
		}
	}
	return c.Default
}

func (w *waitState) wait(ctx context.Context, since time.Time, at scope) error {
	value, err := at.find(w.SecondsPath)
	if err != nil {
		return err
	}
	seconds, err := strconv.Atoi(fmt.Sprint(value))
	if err != nil {
		return runtimeError("States.Runtime", fmt.Sprintf("%s is %v: it must be whole seconds", w.SecondsPath, value))
	}
	until := time.Now().Add(time.Duration(seconds) * time.Second)
	if !since.IsZero() {
		until = since.Add(time.Duration(seconds) * time.Second)
	}
	return sleep(ctx, time.Until(until))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// each runs the processor on each item. The first failure ends the others, and the map fails.
func (in *interpreter) each(ctx context.Context, m *mapState, at scope) error {
	found, err := at.find(m.ItemsPath)
	if err != nil {
		return err
	}
	items, isList := found.([]any)
	if !isList {
		return runtimeError("States.Runtime", m.ItemsPath+" is not an array")
	}
	work, within := errgroup.WithContext(ctx)
	if m.MaxConcurrency > 0 {
		work.SetLimit(m.MaxConcurrency)
	}
	for i, item := range items {
		work.Go(func() error {
			one := &interpreter{functions: in.functions, log: in.log, context: map[string]any{
				"Map": map[string]any{"Item": map[string]any{"Index": i, "Value": item}},
			}}
			input := item
			if m.ItemSelector != nil {
				template, err := decode(m.ItemSelector)
				if err != nil {
					return err
				}
				if input, err = (scope{at.input, one.context}).fill(template); err != nil {
					return err
				}
			}
			_, err := one.run(within, m.ItemProcessor, m.ItemProcessor.StartAt, time.Time{}, input)
			return err
		})
	}
	err = work.Wait()
	if failed := (*stateError)(nil); errors.As(err, &failed) && ctx.Err() == nil {
		in.log.WarnContext(ctx, "an item of a map failed", "map", m.Label, "error", err)
		return runtimeError("States.ExceedToleratedFailureThreshold",
			"The specified tolerated failure threshold was exceeded")
	}
	return err
}

// task invokes the function, and retries it as its retriers say.
func (in *interpreter) task(ctx context.Context, t *taskState, at scope) (any, error) {
	template, err := decode(t.Parameters.Payload)
	if err != nil {
		return nil, err
	}
	payload, err := at.fill(template)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	attempts := make([]int, len(t.Retry))
	for {
		out, err := in.invoke(ctx, t, text)
		failed := (*stateError)(nil)
		if !errors.As(err, &failed) {
			return out, err
		}
		i := slices.IndexFunc(t.Retry, func(r retrier) bool { return matches(r.ErrorEquals, failed.Name) })
		if i < 0 || attempts[i] >= orDefault(t.Retry[i].MaxAttempts, 3) {
			return nil, failed
		}
		pause := t.Retry[i].pause(attempts[i])
		attempts[i]++
		in.log.WarnContext(ctx, "a task failed", "again", pause, "error", failed)
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// pause is how long to wait after a number of attempts.
func (r *retrier) pause(attempts int) time.Duration {
	seconds := orDefault(r.IntervalSeconds, 1)
	for range attempts {
		seconds *= orDefault(r.BackoffRate, 2)
	}
	if r.MaxDelaySeconds > 0 {
		seconds = min(seconds, r.MaxDelaySeconds)
	}
	if r.JitterStrategy == "FULL" {
		seconds *= rand.Float64()
	}
	return time.Duration(seconds * float64(time.Second))
}

func orDefault[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

// invoke calls the function once, and returns the result in the form of arn:aws:states:::lambda:invoke.
func (in *interpreter) invoke(ctx context.Context, t *taskState, payload []byte) (any, error) {
	function := in.functions[t.Parameters.FunctionName]
	if function == nil {
		return nil, runtimeError("Lambda.ResourceNotFoundException", "there is no function "+t.Parameters.FunctionName)
	}
	answer, err := function.Invoke(ctx, payload)
	var failed *lambda.FunctionError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &failed):
		cause, _ := json.Marshal(map[string]string{"errorType": failed.Type, "errorMessage": failed.Message})
		return nil, runtimeError(failed.Type, string(cause))
	case errors.Is(err, lambda.ErrThrottled):
		return nil, runtimeError("Lambda.TooManyRequestsException", err.Error())
	case err != nil:
		return nil, err
	}
	value, err := decode(answer)
	if err != nil {
		return nil, runtimeError("States.Runtime", "the function's answer is not JSON: "+err.Error())
	}
	return scope{input: map[string]any{"Payload": value, "StatusCode": 200}}.find(t.OutputPath)
}
