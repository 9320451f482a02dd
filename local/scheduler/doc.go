// Package scheduler emulates EventBridge Scheduler: schedules that send messages to queues, and the part of its API
// that makes, changes, deletes, gets and lists them. Start with [Open] and [Listen]. See
// https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html.
//
// A schedule is kept in a file when the call that made it is answered, and a message is in its queue before the file
// says that the schedule ran. So a crash loses neither, but may send a message again. A schedule that came due while
// the runner did not run, or the machine slept, runs afterwards: of several missed times of a rate(…) or cron(…), the
// latest alone.
package scheduler

import "context"

// Default is the group that each account has.
const Default = "default"

// Limits of EventBridge Scheduler.
const (
	maxInput = 256 << 10 // bytes
	maxList  = 100       // schedules in an answer
)

// Config describes what surrounds the schedules.
type Config struct {
	Account, Region string
	// Groups are the names of the groups. [Default] is always there.
	Groups []string
	// Queues are the possible targets, by their ARNs.
	Queues map[string]Queue
	// CheckRole returns an error if a schedule of a group may not send to a queue under a role. All three are ARNs.
	// If nil, each may.
	CheckRole func(role, group, queue string) error
}

// Queue is a target. See queue.Queue.
type Queue interface {
	Send(ctx context.Context, message []byte) error
}

// Declared is a schedule of the template.
type Declared struct {
	ID, Name string // ID is the logical id
	Definition
}
