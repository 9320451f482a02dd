// Package eventbus sends integration events to a bus of Amazon EventBridge.
package eventbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/annals-es/annals/pkg/annals/publish"
)

// Source is the source of all entries, by which rules on a bus of others choose ours.
const Source = "org.annals"

// Limits of PutEvents, https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html. AWS has allowed 1 MB in a
// request since January 2026; 256 KB, as before, is what all regions, and all targets, can be trusted with.
const (
	MaxEntries = 10
	MaxBytes   = 256 << 10
)

const (
	// inFlight is how many requests there are at once. What comes meanwhile goes together into the next ones.
	inFlight = 2
	// linger is how long a request waits for what may go with it: EventBridge bounds requests a second, whatever they hold.
	linger = time.Millisecond
	// timeout ends a request with all its attempts: others must not wait long for a bus that hangs.
	timeout = 3 * time.Second
	// rest is how long nothing is sent after a request failed.
	rest = 5 * time.Second
	// reserve is what a send leaves of its context's time, to store how far it came.
	reserve = 2 * time.Second
)

// Client is what a bus needs of EventBridge.
type Client interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus sends what is given to it at about the same time in as few requests as possible. Who sends the events of a stream one
// after the other, as they are accepted, has them accepted in that order.
type Bus struct {
	client Client
	arn    string

	mu      sync.Mutex
	waiting []*entry
	senders int
	resting error // why nothing is sent, until
	until   time.Time
}

// New returns the bus with an ARN.
func New(client Client, arn string) *Bus { return &Bus{client: client, arn: arn} }

// entry is an event until it is accepted or refused.
type entry struct {
	publish.Message
	ctx      context.Context //nolint:containedctx // of who waits for it
	answered chan error
}

// size is what EventBridge counts of an entry.
func (e *entry) size() int { return len(Source) + len(e.Type) + len(e.Detail) }

// errTooLarge never passes.
var errTooLarge = fmt.Errorf("the event has more than %d bytes", MaxBytes)

// Send implements [publish.Bus].
func (b *Bus) Send(ctx context.Context, m publish.Message) error {
	e := &entry{Message: m, ctx: ctx, answered: make(chan error, 1)}
	if e.size() > MaxBytes {
		return errTooLarge
	}
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < reserve {
		return &publish.UnavailableError{Err: errors.New("there is no time left")}
	}
	b.mu.Lock()
	if b.resting != nil && time.Now().Before(b.until) {
		defer b.mu.Unlock()
		return &publish.UnavailableError{Err: b.resting}
	}
	b.waiting = append(b.waiting, e)
	if b.senders < inFlight {
		b.senders++
		go b.work() //nolint:contextcheck // it works for whoever waits, not for one of them
	}
	b.mu.Unlock()
	return <-e.answered // within the timeout of each request before it
}

// work sends what waits, until nothing does.
func (b *Bus) work() {
	for {
		time.Sleep(linger)
		batch := b.next()
		if batch == nil {
			return
		}
		b.send(batch)
	}
}

// next takes what goes into the next request, nil if there is nothing.
func (b *Bus) next() []*entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.senders--
		return nil
	}
	n, size := 0, 0
	for n < min(len(b.waiting), MaxEntries) && size+b.waiting[n].size() <= MaxBytes {
		size += b.waiting[n].size()
		n++
	}
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	return batch
}

// failed has everything that waits fail, and what comes in the next seconds: there is no use in waiting for each.
func (b *Bus) failed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.resting, b.until = err, time.Now().Add(rest)
	for _, e := range b.waiting {
		e.answered <- &publish.UnavailableError{Err: err}
	}
	b.waiting = nil
}

// input is the request for a batch.
func (b *Bus) input(batch []*entry) *eventbridge.PutEventsInput {
	in := &eventbridge.PutEventsInput{}
	for _, e := range batch {
		in.Entries = append(in.Entries, entryOf(b.arn, e))
	}
	return in
}
