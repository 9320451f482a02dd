package mapping

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// shard is one shard while it is processed.
type shard struct {
	*Mapping
	id     string
	ledger *ledger
	lanes  []*lane
	seed   maphash.Seed
}

// runShard processes a shard. It returns when the shard is closed and done, or the context has ended.
func (m *Mapping) runShard(ctx context.Context, id string, at streams.Position) {
	s := &shard{Mapping: m, id: id, seed: maphash.MakeSeed()}
	s.ledger = newLedger(func(sequence string) { m.checkpoints.advance(id, sequence) })
	var workers sync.WaitGroup
	for range m.Parallelization {
		l := newLane(s)
		s.lanes = append(s.lanes, l)
		workers.Go(func() { l.run(ctx) })
	}
	closed := s.read(ctx, at)
	for _, l := range s.lanes {
		l.close()
	}
	workers.Wait()
	if closed && ctx.Err() == nil {
		m.checkpoints.finish(id)
	}
}

// A failed read is tried again. After several failures, reading starts again at the beginning of the shard.
const (
	retryRead = 500 * time.Millisecond
	patience  = 5
)

// read passes records to the lanes. It returns whether the shard was read to its end.
func (s *shard) read(ctx context.Context, at streams.Position) bool {
	var iterator string
	var pause time.Duration
	failures := 0
	for s.ledger.room(ctx) {
		woken := s.pace.look()
		records, next, err := s.fetch(ctx, iterator, &at)
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, streams.ErrGone):
			s.log.WarnContext(ctx, "the shard no longer exists", "shard", s.id, "error", err)
			return true
		case err != nil:
			s.log.WarnContext(ctx, "read the stream, trying again", "shard", s.id, "error", err)
			iterator = ""
			// The position no longer exists. If DynamoDB Local has older data than the checkpoint, it only reports an
			// internal failure.
			if failures++; errors.Is(err, streams.ErrTrimmed) || failures == patience {
				at = streams.Position{}
			}
			sleep(ctx, retryRead)
			continue
		}
		failures = 0
		for _, r := range records {
			s.take(r)
			at = streams.Position{After: r.Sequence}
		}
		if next == "" {
			return true
		}
		iterator = next
		if len(records) > 0 {
			pause = 0
			continue
		}
		pause = wait(ctx, woken, pause)
	}
	return false
}

// fetch reads the next records, with a new iterator if there is none or it has expired.
func (s *shard) fetch(ctx context.Context, iterator string, at *streams.Position) ([]streams.Record, string, error) {
	if iterator != "" {
		records, next, err := s.source.Records(ctx, iterator)
		if !errors.Is(err, streams.ErrExpired) {
			return records, next, err
		}
	}
	iterator, err := s.source.Iterator(ctx, s.Stream, s.id, *at)
	if err != nil {
		return nil, "", err
	}
	return s.source.Records(ctx, iterator)
}

// take adds a record to the ledger and gives it to the lane of its item, unless the filter excludes it.
func (s *shard) take(r streams.Record) {
	e := s.ledger.enter(r)
	if !s.filter.Match(r.JSON) {
		s.ledger.done([]*entry{e})
		return
	}
	s.lanes[maphash.String(s.seed, r.Item)%uint64(len(s.lanes))].push(e)
}

// sleep waits for a time, or until the context ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
