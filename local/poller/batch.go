package poller

import "github.com/annals-es/annals/local/queue"

// maxEvent is Lambda's limit for an event.
const maxEvent = 6 << 20

// overhead is the largest number of bytes that newEvent adds to a body, and to the whole batch.
const overhead = 1 << 10

// batch limits the messages of an event.
type batch struct {
	most int  // largest number of messages
	full bool // no other message fits
	n    int
	size int
}

// fits adds a message, if it fits. In JSON, a body takes up to twice its size, because quotes, backslashes and line
// breaks are escaped. SQS does not accept other characters that need escaping.
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
