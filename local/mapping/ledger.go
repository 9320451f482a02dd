package mapping

import (
	"context"
	"sync"

	"github.com/annals-es/annals/local/streams"
)

// Limits for the records of a shard that are read but not done.
const (
	maxEntries = 10_000
	maxBytes   = 64 << 20
)

// ledger holds the records of a shard that are not done, in the shard's order, and reports up to which record all are
// done.
type ledger struct {
	mu      sync.Mutex
	entries []*entry
	bytes   int
	changed chan struct{} // closed when entries leave
	advance func(sequence string)
}

// entry is a record in the ledger.
type entry struct {
	streams.Record
	finished bool // the ledger's lock guards it
}

func newLedger(advance func(sequence string)) *ledger {
	return &ledger{changed: make(chan struct{}), advance: advance}
}

// room waits until more records may be read. It returns false if the context ended first.
func (l *ledger) room(ctx context.Context) bool {
	for {
		l.mu.Lock()
		full, changed := len(l.entries) >= maxEntries || l.bytes >= maxBytes, l.changed
		l.mu.Unlock()
		if !full {
			return ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// enter adds a record at the end.
func (l *ledger) enter(r streams.Record) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := &entry{Record: r}
	l.entries = append(l.entries, e)
	l.bytes += len(r.JSON)
	return e
}

// done marks records as done, and reports the last record up to which all are done.
func (l *ledger) done(entries []*entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range entries {
		e.finished = true
	}
	n := 0
	for n < len(l.entries) && l.entries[n].finished {
		l.bytes -= len(l.entries[n].JSON)
		n++
	}
	if n == 0 {
		return
	}
	l.advance(l.entries[n-1].Sequence)
	clear(l.entries[:n])
	l.entries = l.entries[n:]
	close(l.changed)
	l.changed = make(chan struct{})
}
