package mapping

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/local/streams"
)

// flushEvery is the interval between writes of the file. It limits how many records are sent again after a crash.
const flushEvery = 100 * time.Millisecond

// Checkpoints record in a file how far each shard is processed. The file may lag behind, but is never ahead.
type Checkpoints struct {
	file string

	mu    sync.Mutex
	state state
	dirty bool
	stop  chan struct{}
	ended chan struct{}
	err   error
}

// state is the file.
type state struct {
	// Endpoint and Stream identify the stream that the checkpoints belong to.
	Endpoint string
	Stream   string
	Shards   map[string]progress
}

type progress struct {
	Sequence string `json:",omitempty"` // of the last record that is done
	Finished bool   `json:",omitempty"` // the shard is closed and all its records are done
}

// OpenCheckpoints reads the file. Checkpoints of another stream or endpoint are stale and are discarded. The caller
// closes the checkpoints.
func OpenCheckpoints(file, endpoint, stream string) (*Checkpoints, error) {
	p := &Checkpoints{file: file, stop: make(chan struct{}), ended: make(chan struct{})}
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	if json.Unmarshal(text, &p.state) != nil || p.state.Endpoint != endpoint || p.state.Stream != stream ||
		p.state.Shards == nil {
		p.state = state{endpoint, stream, map[string]progress{}}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return nil, err
	}
	go p.keepFlushing()
	return p, nil
}

func (p *Checkpoints) keepFlushing() {
	defer close(p.ended)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.flush()
		case <-p.stop:
			p.flush()
			return
		}
	}
}

// flush writes a new file and renames it over the old one, so that the file is always complete.
func (p *Checkpoints) flush() {
	p.mu.Lock()
	if !p.dirty {
		p.mu.Unlock()
		return
	}
	p.dirty = false
	text, err := json.MarshalIndent(p.state, "", "  ")
	p.mu.Unlock()
	if err == nil {
		err = os.WriteFile(p.file+".tmp", text, 0o644)
	}
	if err == nil {
		err = os.Rename(p.file+".tmp", p.file)
	}
	p.mu.Lock()
	p.err = err
	p.dirty = p.dirty || err != nil
	p.mu.Unlock()
}

// Close writes the last changes.
func (p *Checkpoints) Close() error {
	close(p.stop)
	<-p.ended
	if p.err != nil {
		return fmt.Errorf("write checkpoints: %w", p.err)
	}
	return nil
}

func (p *Checkpoints) change(shard string, do func(*progress)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.state.Shards[shard]
	do(&now)
	p.state.Shards[shard] = now
	p.dirty = true
}

func (p *Checkpoints) advance(shard, sequence string) {
	p.change(shard, func(now *progress) { now.Sequence = sequence })
}

func (p *Checkpoints) finish(shard string) {
	p.change(shard, func(now *progress) { now.Finished = true })
}

func (p *Checkpoints) finished(shard string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Shards[shard].Finished
}

// position is where to continue in a shard. For a shard without a checkpoint, latest decides.
func (p *Checkpoints) position(shard string, latest bool) streams.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	after := p.state.Shards[shard].Sequence
	return streams.Position{After: after, Latest: latest && after == ""}
}

// keepOnly removes shards that the stream no longer has.
func (p *Checkpoints) keepOnly(shards []streams.Shard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.state.Shards {
		if !slices.ContainsFunc(shards, func(s streams.Shard) bool { return s.ID == id }) {
			delete(p.state.Shards, id)
			p.dirty = true
		}
	}
}
