// Package states emulates Step Functions: it runs state machines, and answers StartExecution and DescribeExecution.
// Start with [Open] and [Listen].
//
// It supports part of the Amazon States Language: Task (arn:aws:states:::lambda:invoke), Map (distributed, over an
// array), Choice (BooleanEquals, IsPresent), Wait (SecondsPath), Succeed and Fail; Retry, Catch, and paths without
// filters. Open returns an error for anything else. See https://states-language.net/spec.html.
package states

import (
	"context"
	"encoding/json"
	"time"
)

// Function is a function that a task invokes.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Status is the status of an execution, in Step Functions' words.
type Status string

// The statuses.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Execution is one run of a machine, in the form in which its file has it.
type Execution struct {
	Name    string          `json:"name"`
	Input   json.RawMessage `json:"input"`
	Started time.Time       `json:"started"`
	Status  Status          `json:"status"`
	// State is the current state, since Entered, with the input Data. After a restart the state runs again; a wait
	// continues.
	State   string          `json:"state,omitempty"`
	Entered time.Time       `json:"entered,omitzero"`
	Data    json.RawMessage `json:"data,omitempty"`
	// The result.
	Stopped time.Time       `json:"stopped,omitzero"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   string          `json:"error,omitempty"`
	Cause   string          `json:"cause,omitempty"`
}
