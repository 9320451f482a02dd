package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// refresh is how often the shards are listed. They are also listed when a shard ends.
const refresh = 10 * time.Second

// Run runs the mapping until the context ends. It then waits for running invocations.
func (m *Mapping) Run(ctx context.Context) error {
	done := make(chan string) // ids of shards that were processed
	running := map[string]bool{}
	defer func() {
		for range len(running) {
			<-done
		}
	}()
	first := true
	for ctx.Err() == nil {
		shards, err := m.source.Shards(ctx, m.Stream)
		switch {
		case errors.Is(err, streams.ErrGone):
			return err
		case err != nil && ctx.Err() == nil:
			m.log.WarnContext(ctx, "list the stream's shards", "error", err)
		case err == nil:
			m.checkpoints.keepOnly(shards)
			for _, s := range ripe(shards, m.checkpoints, running) {
				running[s.ID] = true
				// A shard that appears later is a child of a known one: all its records have to be read.
				at := m.checkpoints.position(s.ID, m.FromLatest && first)
				go func() {
					m.runShard(ctx, s.ID, at)
					done <- s.ID
				}()
			}
			first = false
		}
		select {
		case <-ctx.Done():
		case id := <-done:
			delete(running, id)
		case <-time.After(refresh):
		}
	}
	return nil
}

// ripe returns the shards to start: neither done nor running, and without a parent that is not done.
func ripe(shards []streams.Shard, p *Checkpoints, running map[string]bool) []streams.Shard {
	var found []streams.Shard
	for _, s := range shards {
		parentLeft := slices.ContainsFunc(shards, func(other streams.Shard) bool {
			return other.ID == s.Parent && !p.finished(other.ID)
		})
		if !parentLeft && !running[s.ID] && !p.finished(s.ID) {
			found = append(found, s)
		}
	}
	return found
}
