// Package eventbus sends integration events to a bus of Amazon EventBridge. Start with [New], or with [Connect] in a
// function.
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

// Source is the source of all entries. Rules on a shared bus select them by it.
const Source = "org.annals"

// Limits of PutEvents: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html. AWS has allowed 1 MB
// in a request since January 2026. The limit here is 256 KB, which all regions and all targets accept.
const (
	MaxEntries = 10
	MaxBytes   = 256 << 10
)

const (
	// inFlight is the number of concurrent requests. Events that arrive in the meantime share the next ones.
	inFlight = 2
	// linger is how long a request waits for more events: EventBridge limits requests a second, whatever their size.
	linger = time.Millisecond
	// timeout ends a request with all its attempts, so that other events do not wait long for a bus that hangs.
	timeout = 3 * time.Second
	// rest is how long nothing is sent after a request failed.
	rest = 5 * time.Second
	// reserve is how much of its context's time a send leaves to the caller, to store its progress.
	reserve = 2 * time.Second
)

// Client is what a bus needs of EventBridge.
type Client interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput,
		...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus sends events that are given to it at about the same time in as few requests as possible. A caller that sends the
// events of a stream one after the other, each after the previous one was accepted, keeps their order.
type Bus struct {
	client Client
	arn    string

	mu      sync.Mutex
	waiting []*entry
	senders int
	resting error // why nothing is sent, until the time in until
	until   time.Time
}

// New returns the bus with an ARN.
func New(client Client, arn string) *Bus { return &Bus{client: client, arn: arn} }

// entry is an event that is neither accepted nor refused yet.
type entry struct {
	publish.Message
	ctx      context.Context //nolint:containedctx // of the caller that waits for it
	answered chan error
}

// size is the size of an entry by EventBridge's rules.
func (e *entry) size() int { return len(Source) + len(e.Type) + len(e.Detail) }

// errTooLarge is permanent.
var errTooLarge = fmt.Errorf("the event has more than %d bytes", MaxBytes)

// Send implements [publish.Bus].
func (b *Bus) Send(ctx context.Context, m publish.Message) error {
	e := &entry{Message: m, ctx: ctx, answered: make(chan error, 1)}
	if e.size() > MaxBytes {
		return errTooLarge
	}
	if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < reserve {
		return &publish.UnavailableError{Err: errors.New("no time left to send it")}
	}
	b.mu.Lock()
	if b.resting != nil && time.Now().Before(b.until) {
		defer b.mu.Unlock()
		return &publish.UnavailableError{Err: b.resting}
	}
	b.waiting = append(b.waiting, e)
	if b.senders < inFlight {
		b.senders++
		go b.work() //nolint:contextcheck // it works for all waiting callers, not for one
	}
	b.mu.Unlock()
	return <-e.answered // waits at most the timeout of each earlier request
}

// work sends waiting entries until there are none.
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

// next returns the entries for the next request, nil if there are none.
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

// failed fails all waiting entries, and those of the next seconds: waiting for the bus again with each of them is
// useless.
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
