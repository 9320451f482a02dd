package projection

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// RecordCacheAge is how long a [RecordCache] keeps what it read, so also how long after a swap the new generation is
// read. A retired generation is kept much longer.
const RecordCacheAge = 2 * time.Second

// RecordCache tells readers which generation of a projection serves. It reads the catalog at most once in
// [RecordCacheAge]. A retired generation is still fed, so a reader that uses it a little longer misses nothing.
type RecordCache struct {
	catalog Catalog
	now     func() time.Time

	mu      sync.Mutex
	records map[string]Record
	until   time.Time
}

// NewRecordCache returns an empty cache of a catalog's records. If now is nil, it uses time.Now.
func NewRecordCache(catalog Catalog, now func() time.Time) *RecordCache {
	if now == nil {
		now = time.Now
	}
	return &RecordCache{catalog: catalog, now: now}
}

// Record returns the record of a projection, which has a serving build. A projection that was never fed has generation 1,
// which is empty, made by the fold version given.
//
// Errors: the catalog's.
func (c *RecordCache) Record(ctx context.Context, projection string, fold int) (Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); !now.Before(c.until) {
		records, err := c.catalog.Records(ctx)
		if err != nil {
			return Record{}, fmt.Errorf("generations: %w", err)
		}
		c.records, c.until = records, now.Add(RecordCacheAge)
	}
	if r, there := c.records[projection]; there {
		return r, nil
	}
	return first(projection, fold, c.now()), nil
}
