package memview

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Catalog stores the generations of all projections in memory. It is safe for concurrent use.
type Catalog struct {
	mu        sync.Mutex
	records   map[string]projection.Record
	positions map[build]map[int]es.Position
	notes     map[build]map[string]json.RawMessage
}

// build is a generation of a projection.
type build struct {
	projection string
	generation projection.Generation
}

var _ projection.Catalog = (*Catalog)(nil)

// NewCatalog returns an empty catalog.
func NewCatalog() *Catalog {
	return &Catalog{
		records: map[string]projection.Record{}, positions: map[build]map[int]es.Position{},
		notes: map[build]map[string]json.RawMessage{},
	}
}

// Records implements [projection.Catalog].
func (c *Catalog) Records(ctx context.Context) (map[string]projection.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]projection.Record, len(c.records))
	for name, r := range c.records {
		r.Builds = slices.Clone(r.Builds)
		out[name] = r
	}
	return out, ctx.Err()
}

// Replace implements [projection.Catalog].
func (c *Catalog) Replace(ctx context.Context, r projection.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.records[r.Projection].Revision != r.Revision {
		return projection.ErrStale
	}
	r.Revision++
	r.Builds = slices.Clone(r.Builds)
	c.records[r.Projection] = r
	return nil
}

// Positions implements [projection.Catalog].
func (c *Catalog) Positions(ctx context.Context, name string, g projection.Generation) (map[int]es.Position, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.positions[build{name, g}]), ctx.Err()
}

// SavePosition implements [projection.Catalog].
func (c *Catalog) SavePosition(
	ctx context.Context, name string, g projection.Generation, segment int, p es.Position,
) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	b := build{name, g}
	if c.positions[b] == nil {
		c.positions[b] = map[int]es.Position{}
	}
	c.positions[b][segment] = p
	return nil
}

// Notes implements [projection.Catalog].
func (c *Catalog) Notes(ctx context.Context, name string, g projection.Generation) (map[string]json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.notes[build{name, g}]), ctx.Err()
}

// SaveNote implements [projection.Catalog].
func (c *Catalog) SaveNote(
	ctx context.Context, name string, g projection.Generation, note string, text json.RawMessage,
) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	b := build{name, g}
	if c.notes[b] == nil {
		c.notes[b] = map[string]json.RawMessage{}
	}
	if c.notes[b][note] = slices.Clone(text); text == nil {
		delete(c.notes[b], note)
	}
	return nil
}
