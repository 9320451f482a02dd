package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Source is a store whose streams can be checked.
type Source interface {
	es.Scanner
	es.Inspector
}

// Config adjusts [Store]. The zero value takes the defaults.
type Config struct {
	// Segments is how many segments are read at once. Default 4.
	Segments int
	// UnitsPerSecond is the most read units that the scan consumes in a second, 0 = no limit. The few reads that look at
	// single commits again are not counted.
	UnitsPerSecond float64
	// Witnesses are compared with the streams. They are held in memory, some 200 bytes each.
	Witnesses []Witness
	// Heads asks for where each stream ends, some 200 bytes of memory a stream.
	Heads bool
	// MaxFindings is how many findings are kept; all are counted. Default 10,000.
	MaxFindings int

	// maxOpen is how many commits of appends to several streams may be waiting for their siblings, some 150 bytes each.
	// Beyond it siblings are looked up, a read each.
	maxOpen  int
	settling time.Duration
}

func (c Config) withDefaults() Config {
	if c.Segments == 0 {
		c.Segments = 4
	}
	if c.MaxFindings == 0 {
		c.MaxFindings = 10_000
	}
	c.maxOpen, c.settling = 500_000, 200*time.Millisecond
	return c
}

// Store checks all streams, strongly consistent, while others append to them: what is stored meanwhile is checked or not,
// and never a finding for being new.
//
// Errors: those of [es.Scanner] and [es.Inspector]. What is wrong with the streams is no error but in the report.
func Store(ctx context.Context, s Source, cfg Config) (*Report, error) {
	return verifyStore(ctx, s, cfg.withDefaults())
}

func verifyStore(ctx context.Context, s Source, cfg Config) (*Report, error) {
	c := newCheck(s, cfg, func(es.StreamID) bool { return true })
	walks := make([]*walk, max(cfg.Segments, 0))
	for i := range walks {
		walks[i] = c.walk()
	}
	all := es.AllConfig{Segments: cfg.Segments, UnitsPerSecond: cfg.UnitsPerSecond, Consistent: true}
	_, err := es.All(ctx, s, all, func(ctx context.Context, segment int, page es.ScanPage) error {
		return walks[segment].page(ctx, &page)
	})
	if err == nil {
		err = c.settle(ctx, s)
	}
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	var r Report
	for _, w := range walks {
		w.finish()
		r.Streams += w.report.Streams
		r.Commits += w.report.Commits
		r.Events += w.report.Events
		r.Heads = append(r.Heads, w.report.Heads...)
	}
	slices.SortFunc(r.Heads, func(a, b Anchor) int { return cmp.Compare(a.Stream.String(), b.Stream.String()) })
	c.findings.report(&r)
	return &r, nil
}
