package lambda

import (
	"time"

	"github.com/google/uuid"
)

// invocation is one invocation of a function, from its arrival to its answer.
type invocation struct {
	id      string
	trace   string
	payload []byte
	done    chan result // buffered: its process never waits for the caller

	// The function's lock guards the rest.
	deadline  time.Time
	timer     *time.Timer
	delivered bool // it was sent to the process
}

type result struct {
	payload []byte
	err     error
}

func newInvocation(payload []byte) *invocation {
	return &invocation{id: uuid.NewString(), trace: newTrace(time.Now()), payload: payload, done: make(chan result, 1)}
}

// finish answers the caller. It is called once, by the code that takes the invocation off its process.
func (i *invocation) finish(r result) {
	if i.timer != nil {
		i.timer.Stop()
	}
	i.done <- r
}
