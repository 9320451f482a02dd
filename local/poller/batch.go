package poller

import "github.com/annals-es/annals/local/queue"

// maxEvent is Lambda's limit for an event.
const maxEvent = 6 << 20

// overhead bounds what newEvent adds to a body, and to all of them.
const overhead = 1 << 10

// batch bounds what an event holds.
type batch struct {
	most int  // messages
	full bool // nothing more fits
	n    int
	size int
}

// fits counts a message in, if it fits. As JSON, a body takes up to twice its size: of what SQS lets pass, quotes,
// backslashes and line breaks are escaped.
func (b *batch) fits(m queue.Message) bool {
	size := b.size + 2*len(m.Body) + overhead
	if b.full || b.n > 0 && size > maxEvent-overhead {
		b.full = true
		return false
	}
	b.n++
	b.size = size
	b.full = b.n == b.most
	return true
}
