// Package states is Step Functions on this machine: it interprets those parts of the Amazon States Language that the template
// uses, and answers StartExecution and DescribeExecution. A definition that has anything else is refused at the start, by name.
//
// What is run: Task (arn:aws:states:::lambda:invoke), Map (distributed, over an array), Choice (BooleanEquals, IsPresent), Wait
// (SecondsPath), Succeed and Fail; Retry, Catch, and paths without filters. See https://states-language.net/spec.html.
package states

import (
	"context"
	"encoding/json"
	"time"
)

// Function is what a task invokes.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Status is that of an execution, as Step Functions says it.
type Status string

// The statuses.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// Execution is one run of a machine, as its file has it.
type Execution struct {
	Name    string          `json:"name"`
	Input   json.RawMessage `json:"input"`
	Started time.Time       `json:"started"`
	Status  Status          `json:"status"`
	// State is the one that it is in since Entered, with Data. After a restart that state begins anew; a wait goes on.
	State   string          `json:"state,omitempty"`
	Entered time.Time       `json:"entered,omitzero"`
	Data    json.RawMessage `json:"data,omitempty"`
	// What it came to.
	Stopped time.Time       `json:"stopped,omitzero"`
	Output  json.RawMessage `json:"output,omitempty"`
	Error   string          `json:"error,omitempty"`
	Cause   string          `json:"cause,omitempty"`
}
