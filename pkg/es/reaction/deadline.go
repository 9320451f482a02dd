package reaction

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Deadline is a deadline of a stream: at its instant, a [Timer] executes a command.
type Deadline struct {
	// Timer is the timer's name.
	Timer string `json:"timer"`
	// Stream is the stream whose event asked for it. Name tells the deadlines of the stream apart.
	Stream es.StreamID `json:"stream"`
	Name   string      `json:"name"`
	// At is the instant when it is due.
	At time.Time `json:"at"`
	// Version is the version of the event that asked for it last, and Asked is when that event was recorded.
	Version int64     `json:"version"`
	Asked   time.Time `json:"asked"`
}

// ID identifies the deadline, in at most 64 letters, digits, hyphens and underscores. A deadline that is moved gets
// another id. So a process that has an old state in memory, and asks for what another process has moved since, does not
// replace the newer one.
func (d Deadline) ID() string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", d.Timer, d.Stream.String(), d.Name, d.Version, d.At.UnixMilli()))
	return d.Timer[:min(len(d.Timer), 32)] + "-" + base64.RawURLEncoding.EncodeToString(h[:18])
}

// String names the deadline: "cancel-unpaid: payment of Order#7".
func (d Deadline) String() string { return fmt.Sprintf("%s: %s of %s", d.Timer, d.Name, d.Stream) }

// Scheduler gives deadlines back when they are due: see [Timer.Fire]. It gives each back at least once, never early. It
// may do so late, several times, and after the deadline was moved or canceled.
type Scheduler interface {
	// Set asks for a deadline, by its id: twice is once. A deadline in the past is due at once.
	//
	// Errors: the scheduler's. The deadline may be set or not: ask again.
	Set(ctx context.Context, d Deadline) error
	// Cancel withdraws a deadline. It is no error if there is none.
	//
	// Errors: the scheduler's.
	Cancel(ctx context.Context, d Deadline) error
}
