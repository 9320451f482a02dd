package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// refresh is how often the stream is asked for new shards; the end of a shard asks at once.
const refresh = 10 * time.Second

// Run works until the context ends. Batches that are with the function by then are waited for.
func (m *Mapping) Run(ctx context.Context) error {
	done := make(chan string) // shards that were worked off
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
			m.log.WarnContext(ctx, "cannot list the stream's shards", "error", err)
		case err == nil:
			m.checkpoints.keepOnly(shards)
			for _, s := range ripe(shards, m.checkpoints, running) {
				running[s.ID] = true
				// What appears later is a child, and nothing of it may be missed.
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

// ripe returns the shards to begin with: neither done nor running, and without a parent that is still to be worked off.
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
