package mapping

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// shard is one shard while it is worked off.
type shard struct {
	*Mapping
	id     string
	ledger *ledger
	lanes  []*lane
	seed   maphash.Seed
}

// runShard works a shard off. It returns when the shard is closed and done, or the context has ended.
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

// When reading fails it is tried again, and after a while from the beginning.
const (
	retryRead = 500 * time.Millisecond
	patience  = 5
)

// read feeds the lanes. It returns whether the shard was read to its end.
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
			s.log.WarnContext(ctx, "shard is gone", "shard", s.id, "error", err)
			return true
		case err != nil:
			s.log.WarnContext(ctx, "cannot read the stream, trying again", "shard", s.id, "error", err)
			iterator = ""
			// Our place is not there any more. DynamoDB Local only says that it failed, where its data are older than ours.
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

// fetch reads on, with a new iterator where there is none or it has expired.
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

// take enters a record and gives it to the lane of its item, unless the filter holds it back.
func (s *shard) take(r streams.Record) {
	e := s.ledger.enter(r)
	if !s.filter.Match(r.JSON) {
		s.ledger.done([]*entry{e})
		return
	}
	s.lanes[maphash.String(s.seed, r.Item)%uint64(len(s.lanes))].push(e)
}

// sleep waits, unless it is interrupted.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
