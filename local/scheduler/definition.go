package scheduler

import (
	"cmp"
	"time"
)

// Definition says when a schedule runs and what it does, in the form of the API. See
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html.
type Definition struct {
	GroupName                  string
	Description                string `json:",omitempty"`
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	// StartDate and EndDate limit rate(…) and cron(…). They are in seconds since 1970.
	StartDate             *float64 `json:",omitempty"`
	EndDate               *float64 `json:",omitempty"`
	State                 string
	FlexibleTimeWindow    Window
	ActionAfterCompletion string
	KmsKeyArn             string `json:",omitempty"`
	Target                Target
}

// Window is the time within which a schedule may run. Here it always runs at its beginning.
type Window struct {
	Mode                   string
	MaximumWindowInMinutes int `json:",omitempty"`
}

// Target is a queue, and the message that it gets.
type Target struct {
	Arn, RoleArn string
	Input        string
	// RetryPolicy and DeadLetterConfig have no effect here.
	RetryPolicy *struct {
		MaximumEventAgeInSeconds *int `json:",omitempty"`
		MaximumRetryAttempts     *int `json:",omitempty"`
	} `json:",omitempty"`
	DeadLetterConfig *struct{ Arn string } `json:",omitempty"`
}

// Values of State, Mode and ActionAfterCompletion.
const (
	enabled  = "ENABLED"
	disabled = "DISABLED"
	off      = "OFF"
	flexible = "FLEXIBLE"
	none     = "NONE"
	remove   = "DELETE"
)

// complete sets what a request may leave out.
func (d *Definition) complete() {
	d.GroupName = cmp.Or(d.GroupName, Default)
	d.ScheduleExpressionTimezone = cmp.Or(d.ScheduleExpressionTimezone, "UTC")
	d.State = cmp.Or(d.State, enabled)
	d.ActionAfterCompletion = cmp.Or(d.ActionAfterCompletion, none)
}

// Seconds returns a time in the form of the API.
func Seconds(t time.Time) *float64 { return new(float64(t.UnixMilli()) / 1000) }

func timeOf(seconds *float64) time.Time {
	if seconds == nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(*seconds * 1000))
}
