package states_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/states"
)

// loop calls a function until it is done, and waits as long as each answer says.
var loop = `{"StartAt": "Advance", "States": {
	"Advance": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload",
		"Parameters": {"FunctionName": "F", "Payload": {"task": "forget", "in": {"subject.$": "$.subject"}}},
		"Next": "Advanced",
		"Retry": [{"ErrorEquals": ["RefusalError"], "MaxAttempts": 0},
			{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0.001, "MaxAttempts": 2}]},
	"Advanced": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "Forgotten"}],
		"Default": "Wait"},
	"Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Advance"},
	"Forgotten": {"Type": "Succeed"}
}}`

func openLoop(t *testing.T, dir string, f *function) *states.Machine {
	t.Helper()
	m, err := states.Open("L", "arn:aws:states:r:a:stateMachine:L", loop, dir, map[string]states.Function{"F": f},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// step answers that a person is forgotten after some calls, and asks for a wait after the first one.
func step(last, wait int) func(string, map[string]any, int) (any, error) {
	return func(_ string, in map[string]any, calls int) (any, error) {
		out := map[string]any{"subject": in["subject"], "done": calls >= last, "wait": 0}
		if calls == 0 {
			out["wait"] = wait
		}
		return out, nil
	}
}

// TestLoop: the machine calls the function until it is done, with the same input, and waits in between. The retries of a
// call do not count for the next one. If they are used up, the execution fails with the error.
func TestLoop(t *testing.T) {
	t.Parallel()
	failing := func(fails func(calls int) error) func(string, map[string]any, int) (any, error) {
		return func(task string, in map[string]any, calls int) (any, error) {
			if err := fails(calls); err != nil {
				return nil, err
			}
			return step(6, 0)(task, in, calls)
		}
	}
	for name, test := range map[string]struct {
		answer       func(string, map[string]any, int) (any, error)
		calls        int
		least        time.Duration
		error, cause string
	}{
		"three calls, a wait": {answer: step(2, 1), calls: 3, least: time.Second},
		"many failures, two at most in a row": {
			answer: failing(func(calls int) error {
				if calls%3 != 0 {
					return &lambda.FunctionError{Type: "Sandbox.Timedout", Message: "late"}
				}
				return nil
			}), calls: 7,
		},
		"three failures in a row": {
			answer: failing(func(calls int) error {
				if calls > 0 {
					return &lambda.FunctionError{Type: "Sandbox.Timedout", Message: "late"}
				}
				return nil
			}), calls: 4, error: "Sandbox.Timedout", cause: `{"errorMessage":"late","errorType":"Sandbox.Timedout"}`,
		},
		"a refusal": {
			answer: failing(func(int) error { return &lambda.FunctionError{Type: "RefusalError", Message: "no such person"} }),
			calls:  1, error: "RefusalError", cause: `{"errorMessage":"no such person","errorType":"RefusalError"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &function{answer: test.answer}
			m := openLoop(t, t.TempDir(), f)
			if _, err := m.Start("e", json.RawMessage(`{"subject":"ada"}`)); err != nil {
				t.Fatal(err)
			}
			e := ended(t, m, "e")
			if e.Error != test.error || e.Cause != test.cause || (e.Status == states.Succeeded) != (test.error == "") {
				t.Errorf("the execution ended %s with %q, %q; want %q, %q", e.Status, e.Error, e.Cause, test.error, test.cause)
			}
			if took := e.Stopped.Sub(e.Started); took < test.least {
				t.Errorf("the execution took %v, want %v at least", took, test.least)
			}
			if len(f.asked) != test.calls {
				t.Errorf("the function was called %d times, want %d", len(f.asked), test.calls)
			}
			for _, asked := range f.asked {
				if want := `forget {"subject":"ada"}`; asked != want {
					t.Errorf("the function was asked %s, want %s", asked, want)
				}
			}
		})
	}
}

// TestLoopGoesOn: after a restart in a wait, the machine waits for the rest, and then calls the function.
func TestLoopGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := openLoop(t, dir, &function{answer: step(1, 2)})
	if _, err := m.Start("e", json.RawMessage(`{"subject":"ada"}`)); err != nil {
		t.Fatal(err)
	}
	var waiting states.Execution
	for waiting.State != "Wait" {
		time.Sleep(time.Millisecond)
		waiting, _ = m.Describe("e")
	}
	m.Close()
	f := &function{answer: func(_ string, in map[string]any, _ int) (any, error) {
		return map[string]any{"subject": in["subject"], "done": true, "wait": 0}, nil
	}}
	m = openLoop(t, dir, f)
	m.Resume()
	e := ended(t, m, "e")
	if e.Status != states.Succeeded || len(f.asked) != 1 {
		t.Errorf("after a restart: %+v, the function was asked %v; want it succeeded after one call", e, f.asked)
	}
	if waited := e.Stopped.Sub(waiting.Entered); waited < 2*time.Second || waited > 10*time.Second {
		t.Errorf("the wait of two seconds took %v", waited)
	}
}

// TestRightsAreAsked: what the signer of a request may not do is refused, and not done.
func TestRightsAreAsked(t *testing.T) {
	t.Parallel()
	s, err := states.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	m := openLoop(t, t.TempDir(), &function{answer: step(0, 0)})
	var asked []string
	s.MayDo = func(_ http.Header, action, resource string) error {
		asked = append(asked, action+" "+resource)
		return errors.New("you may not")
	}
	s.Serve(m)
	t.Cleanup(s.Close)
	const machine, execution = "arn:aws:states:r:a:stateMachine:L", "arn:aws:states:r:a:execution:L:e"
	for action, body := range map[string]string{
		"StartExecution":    fmt.Sprintf(`{"stateMachineArn":%q,"name":"e"}`, machine),
		"DescribeExecution": fmt.Sprintf(`{"executionArn":%q}`, execution),
	} {
		if status, text := call(t, s, action, body); status != http.StatusBadRequest ||
			!strings.Contains(text, `"AccessDeniedException"`) || !strings.Contains(text, "you may not") {
			t.Errorf("%s: status %d, body %s; want that it is denied", action, status, text)
		}
	}
	if _, there := m.Describe("e"); there {
		t.Error("an execution started that was denied")
	}
	all := strings.Join(asked, "\n")
	if !strings.Contains(all, "states:StartExecution "+machine) ||
		!strings.Contains(all, "states:DescribeExecution "+execution) || len(asked) != 2 {
		t.Errorf("asked were the rights %v", asked)
	}
}
