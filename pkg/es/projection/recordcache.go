package projection

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// RecordCacheAge is how long a [Reader] caches the generations' records, and so how long after a swap the new
// generation is read. A retired generation is kept much longer.
const RecordCacheAge = 2 * time.Second

// recordCache caches which generation of a projection serves. It reads the catalog at most once in [RecordCacheAge]. A
// retired generation still receives events, so a reader that uses it a little longer misses nothing.
type recordCache struct {
	catalog Catalog
	now     func() time.Time

	mu      sync.Mutex
	records map[string]Record
	until   time.Time
}

func newRecordCache(catalog Catalog, now func() time.Time) *recordCache {
	return &recordCache{catalog: catalog, now: now}
}

// record returns the record of a projection. The record has a serving build; a projection that was never fed has the
// record that it would get.
//
// Errors: the catalog's.
func (c *recordCache) record(ctx context.Context, sub *Subscription) (Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if !now.Before(c.until) {
		records, err := c.catalog.Records(ctx)
		if err != nil {
			return Record{}, fmt.Errorf("generations: %w", err)
		}
		c.records, c.until = records, now.Add(RecordCacheAge)
	}
	if r, there := c.records[sub.name()]; there {
		return r, nil
	}
	return first(sub, now, c.records), nil
}
