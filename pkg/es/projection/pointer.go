package projection

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// PointerAge is how long a [Pointer] trusts what it read, and how long after a swap readers go over. A retired generation is
// kept much longer.
const PointerAge = 2 * time.Second

// Pointer tells readers which generation of a projection serves. It reads that now and then only: a retired generation is
// fed on, so that whoever reads it a little longer misses nothing.
type Pointer struct {
	catalog Catalog
	now     func() time.Time

	mu      sync.Mutex
	records map[string]Record
	until   time.Time
}

// NewPointer returns a pointer that knows nothing yet. now nil = time.Now.
func NewPointer(catalog Catalog, now func() time.Time) *Pointer {
	if now == nil {
		now = time.Now
	}
	return &Pointer{catalog: catalog, now: now}
}

// Record returns the record of a projection, which has a serving build. A projection that was never fed has generation 1,
// which is empty, made by the fold version given.
//
// Errors: the catalog's.
func (p *Pointer) Record(ctx context.Context, projection string, fold int) (Record, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now(); !now.Before(p.until) {
		records, err := p.catalog.Records(ctx)
		if err != nil {
			return Record{}, fmt.Errorf("generations: %w", err)
		}
		p.records, p.until = records, now.Add(PointerAge)
	}
	if r, there := p.records[projection]; there {
		return r, nil
	}
	return first(projection, fold, p.now()), nil
}
