package states_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/states"
)

const invoke = `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload", ` +
	`"Parameters": {"FunctionName": "F", "Payload": {"task": "%s", "in.$": "$"}}`

// whole has one of everything that is run.
var whole = `{"StartAt": "Which", "States": {
	"Which": {"Type": "Choice", "Choices": [{"Variable": "$.short", "IsPresent": true, "Next": "Done"}],
		"Default": "First"},
	"First": {` + fmt.Sprintf(invoke, "first") + `, "Next": "Over",
		"Retry": [{"ErrorEquals": ["Refusal"], "MaxAttempts": 0},
			{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0.001, "MaxAttempts": 2, "JitterStrategy": "FULL",
			"MaxDelaySeconds": 1}],
		"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}]},
	"Over": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "Label": "Over", "ResultPath": null,
		"Next": "Pause",
		"ItemSelector": {"name.$": "$.name", "item.$": "$$.Map.Item.Value", "list": [{"n.$": "$$.Map.Item.Index"}]},
		"Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Each",
			"States": {
			"Each": {` + fmt.Sprintf(invoke, "each") + `, "Next": "Again"},
			"Again": {"Type": "Choice", "Choices": [{"Variable": "$.done", "BooleanEquals": true, "Next": "EachDone"}],
				"Default": "Each"},
			"EachDone": {"Type": "Succeed"}}}},
	"Pause": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Done"},
	"Done": {"Type": "Succeed"},
	"Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"}
}}`

// function answers as a test says, and remembers what it was asked.
type function struct {
	mu     sync.Mutex
	asked  []string
	answer func(task string, in map[string]any, calls int) (any, error)
}

func (f *function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	var q struct {
		Task string
		In   map[string]any
	}
	if err := json.Unmarshal(payload, &q); err != nil {
		return nil, err
	}
	text, _ := json.Marshal(q.In)
	f.mu.Lock()
	calls := 0
	for _, before := range f.asked {
		if before == q.Task+" "+string(text) {
			calls++
		}
	}
	f.asked = append(f.asked, q.Task+" "+string(text))
	f.mu.Unlock()
	out, err := f.answer(q.Task, q.In, calls)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return json.Marshal(out)
}

// usual takes two calls for each item.
func usual(task string, in map[string]any, _ int) (any, error) {
	if task == "first" {
		return map[string]any{"name": "n", "items": []int{7, 8, 9}, "wait": 0}, nil
	}
	if in["done"] == false {
		in["done"] = true
		return in, nil
	}
	in["done"] = false
	return in, nil
}

func open(t *testing.T, dir string, f *function) *states.Machine {
	t.Helper()
	m, err := states.Open("M", "arn:aws:states:r:a:stateMachine:M", whole, dir, map[string]states.Function{"F": f},
		slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// ended waits for the end of an execution.
func ended(t *testing.T, m *states.Machine, name string) states.Execution {
	t.Helper()
	for range 2000 {
		if e, there := m.Describe(name); there && e.Status != states.Running {
			return e
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the execution did not end")
	return states.Execution{}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		input, error, cause, output string
		calls                       int
		answer                      func(task string, in map[string]any, calls int) (any, error)
	}{
		"to the end": {input: `{"x":1}`, output: `{"items":[7,8,9],"name":"n","wait":0}`, calls: 7, answer: usual},
		"shortly":    {input: `{"short":true}`, output: `{"short":true}`, answer: usual},
		"fails twice": {input: `{}`, output: `{"items":[7,8,9],"name":"n","wait":0}`, calls: 9,
			answer: func(task string, in map[string]any, calls int) (any, error) {
				if task == "first" && calls < 2 {
					return nil, &lambda.FunctionError{Type: "Sandbox.Timedout", Message: "late"}
				}
				return usual(task, in, calls)
			}},
		"fails again and again": {input: `{"x":2}`, error: "Lambda.TooManyRequestsException", cause: "throttled", calls: 3,
			answer: func(string, map[string]any, int) (any, error) {
				return nil, lambda.ErrThrottled
			}},
		"refuses": {input: `{}`, error: "Refusal", cause: `{"errorMessage":"no","errorType":"Refusal"}`, calls: 1,
			answer: func(string, map[string]any, int) (any, error) {
				return nil, &lambda.FunctionError{Type: "Refusal", Message: "no"}
			}},
		"an item fails": {input: `{}`, error: "States.ExceedToleratedFailureThreshold", cause: "threshold was exceeded",
			calls: -1, answer: func(task string, in map[string]any, calls int) (any, error) {
				if task == "each" {
					return nil, &lambda.FunctionError{Type: "Refusal", Message: "no"}
				}
				return usual(task, in, calls)
			}},
		"no items": {input: `{}`, error: "States.ParameterPathFailure", cause: "$.items leads to nothing", calls: 1,
			answer: func(string, map[string]any, int) (any, error) {
				return map[string]any{"wait": 0}, nil
			}},
		"no seconds": {input: `{}`, error: "States.Runtime", cause: "must be whole seconds", calls: 1,
			answer: func(string, map[string]any, int) (any, error) {
				return map[string]any{"wait": "long", "items": []int{}}, nil
			}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &function{answer: test.answer}
			m := open(t, t.TempDir(), f)
			if _, err := m.Start("e", json.RawMessage(test.input)); err != nil {
				t.Fatal(err)
			}
			e := ended(t, m, "e")
			if string(e.Output) != test.output || e.Error != test.error || !strings.Contains(e.Cause, test.cause) ||
				test.calls >= 0 && len(f.asked) != test.calls {
				t.Errorf("%+v\noutput %s; the function was asked %d times: %v", e, e.Output, len(f.asked), f.asked)
			}
		})
	}
}

// TestItems: what an item is given is what the selector says.
func TestItems(t *testing.T) {
	t.Parallel()
	f := &function{answer: usual}
	m := open(t, t.TempDir(), f)
	if _, err := m.Start("e", json.RawMessage(`{}`)); err != nil {
		t.Fatal(err)
	}
	ended(t, m, "e")
	all := strings.Join(f.asked, "\n")
	for i, item := range []int{7, 8, 9} {
		if want := fmt.Sprintf(`each {"item":%d,"list":[{"n":%d}],"name":"n"}`, item, i); !strings.Contains(all, want) {
			t.Errorf("the function was asked\n%s\nwant %s among it", all, want)
		}
	}
}

// TestRestart: an execution that is interrupted in the middle goes on in the state that it was in, when the machine is
// opened again; one that has ended stays so, and its name is taken.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir, reached := t.TempDir(), make(chan struct{})
	var once sync.Once
	hanging := &function{}
	m := open(t, dir, hanging)
	hanging.answer = func(task string, in map[string]any, calls int) (any, error) {
		if task == "each" {
			once.Do(func() { close(reached) })
			time.Sleep(50 * time.Millisecond)
			return map[string]any{"done": false}, nil // never
		}
		return usual(task, in, calls)
	}
	for range 2 { // the second finds it running
		if _, err := m.Start("e", json.RawMessage(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Start("e", json.RawMessage(`{"other":1}`)); err == nil ||
		!strings.Contains(err.Error(), "ExecutionAlreadyExists") {
		t.Errorf("second execution of the same name: %v, want an error", err)
	}
	<-reached
	m.Close()
	if e, _ := m.Describe("e"); e.Status != states.Running || e.State != "Over" {
		t.Fatalf("execution after the end of the runner: %+v, want it running in Over", e)
	}
	f := &function{answer: usual}
	m = open(t, dir, f)
	m.Resume()
	if e := ended(t, m, "e"); e.Status != states.Succeeded || strings.Contains(strings.Join(f.asked, ""), "first") {
		t.Errorf("execution after a restart: %+v, the function was asked %v; want it succeeded without the first state",
			e, f.asked)
	}
	m.Close()
	m = open(t, dir, f)
	m.Resume()
	if _, err := m.Start("e", json.RawMessage(`{}`)); err == nil ||
		!strings.Contains(err.Error(), "ExecutionAlreadyExists") {
		t.Errorf("start with a name that was used: %v, want ExecutionAlreadyExists", err)
	}
}

// TestWaitGoesOn: a restart does not begin a wait again.
func TestWaitGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, _ := json.Marshal(states.Execution{
		Name:    "e",
		Status:  states.Running,
		State:   "Pause",
		Entered: time.Now().Add(-time.Hour),
		Input:   []byte(`{}`),
		Data:    []byte(`{"wait":3600}`),
	})
	if err := os.WriteFile(filepath.Join(dir, "e.json"), e, 0o600); err != nil {
		t.Fatal(err)
	}
	m := open(t, dir, &function{answer: usual})
	m.Resume()
	ended(t, m, "e")
}

// TestRefused: errors name the part that is not supported.
func TestRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, want string }{
		{`"Type": "Wait", "SecondsPath": "$.wait"`, `"Type": "Wait", "Seconds": 3`, `unknown field "Seconds"`},
		{`"Type": "Succeed"`, `"Type": "Parallel"`, `states of type "Parallel" are not supported locally`},
		{
			`"arn:aws:states:::lambda:invoke"`, `"arn:aws:states:::sqs:sendMessage"`,
			"state First: the resource arn:aws:states:::sqs:sendMessage",
		},
		{`"Mode": "DISTRIBUTED"`, `"Mode": "INLINE"`, "state Over: the map is not distributed"},
		{`"ResultPath": null`, `"ResultPath": "$.all"`, "state Over: collecting the results of a map"},
		{`"BooleanEquals": true`, `"StringEquals": "x"`, `unknown field "StringEquals"`},
		{`"IsPresent": true,`, ``, "state Which: a choice needs BooleanEquals or IsPresent"},
		{`"JitterStrategy": "FULL"`, `"JitterStrategy": "HALF"`, "state First: JitterStrategy HALF"},
		{`"$.items"`, `"$.items[0]"`, `state Over: the path "$.items[0]" is not supported locally`},
		{`"ResultPath": "$.error"`, `"ResultPath": "$..error"`, `the path "$..error"`},
		{`"Default": "First"`, `"Default": "Fist"`, `state Which leads to "Fist", which is not a state`},
		{`"StartAt": "Which"`, `"StartAt": "What"`, `StartAt is "What"`},
		{`"StartAt": "Which"`, `"QueryLanguage": "JSONata", "StartAt": "Which"`, "JSONata is not supported locally"},
		{`"StartAt": "Which"`, `"TimeoutSeconds": 1, "StartAt": "Which"`, `unknown field "TimeoutSeconds"`},
		{`"Done": {"Type": "Succeed"}`, `"Done": {"Type": "Succeed"}, "Empty": null`, "state Empty is empty"},
		{`{"StartAt"`, `["StartAt"`, "definition:"},
	} {
		if !strings.Contains(whole, test.from) {
			t.Fatalf("the definition lacks %s", test.from)
		}
		if _, err := states.Parse([]byte(strings.Replace(whole, test.from, test.to, 1))); err == nil ||
			!strings.Contains(err.Error(), test.want) {
			t.Errorf("parse with %s: %v, want an error with %s", test.to, err, test.want)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "e.json"), []byte(`{`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := states.Open("M", "", whole, dir, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "start with FRESH=1") {
		t.Errorf("a broken file: %v", err)
	}
}

// TestServer: the API as it is over HTTP. That the SDK understands it, pkg/annals/annalslambda tests.
func TestServer(t *testing.T) {
	t.Parallel()
	s, err := states.Listen(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	m := open(t, t.TempDir(), &function{answer: usual})
	s.Serve(m)
	t.Cleanup(s.Close)
	const machine = `"stateMachineArn":"arn:aws:states:r:a:stateMachine:M"`
	for _, step := range []struct {
		action, body string
		status       int
		says         string
	}{
		{
			"StartExecution", `{` + machine + `,"name":"e","input":"{\"short\":true}"}`,
			200, `"executionArn":"arn:aws:states:r:a:execution:M:e"`,
		},
		{"StartExecution", `{` + machine + `}`, 200, `"startDate"`},
		{"StartExecution", `{` + machine + `,"name":"a/b"}`, 400, `"InvalidName"`},
		{"StartExecution", `{` + machine + `,"name":"f","input":"{"}`, 400, `"InvalidExecutionInput"`},
		{"StartExecution", `{` + machine + `,"traceHeader":"x"}`, 400, `"UnsupportedOperation"`},
		{"StartExecution", `{"stateMachineArn":"arn:x"}`, 400, `"StateMachineDoesNotExist"`},
		{"DescribeExecution", `{"executionArn":"arn:aws:states:r:a:execution:M:nothing"}`, 400, `"ExecutionDoesNotExist"`},
		{
			"DescribeExecution", `{"executionArn":"arn:aws:states:r:a:execution:M:e","includedData":"ALL_DATA"}`,
			400, `"UnsupportedOperation"`,
		},
		{"StopExecution", `{}`, 400, `"UnsupportedOperation"`},
	} {
		if status, body := call(t, s, step.action, step.body); status != step.status || !strings.Contains(body, step.says) {
			t.Errorf("%s %s: status %d, body %s; want %d and %s", step.action, step.body, status, body, step.status, step.says)
		}
	}
	ended(t, m, "e")
	if _, body := call(
		t, s, "DescribeExecution", `{"executionArn":"arn:aws:states:r:a:execution:M:e"}`,
	); !strings.Contains(body, `"SUCCEEDED"`) || !strings.Contains(body, `"output":"{\"short\":true}"`) {
		t.Error(body)
	}
}

func call(t *testing.T, s *states.Server, action, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Address(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+action)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&text); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
