package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Source is a store that can be checked.
type Source interface {
	es.Scanner
	es.Inspector
}

// Config adjusts [Store]. The zero value uses the defaults.
type Config struct {
	// Segments is the number of segments that are read in parallel. Default 4.
	Segments int
	// UnitsPerSecond limits the read units per second of the scan, 0 = no limit. The few reads of single commits after the
	// scan do not count.
	UnitsPerSecond float64
	// Witnesses are compared with the streams. Each takes about 200 bytes of memory.
	Witnesses []Witness
	// Heads makes the report contain the end of each stream, which takes about 200 bytes of memory per stream.
	Heads bool
	// MaxFindings is the maximum number of findings that are kept; all are counted. Default 10,000.
	MaxFindings int

	// maxOpen is the maximum number of commits in appends whose siblings are not all seen, about 150 bytes each. Beyond
	// it, siblings are looked up, with one read each.
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

// Store checks all streams, strongly consistent. Other processes may append during the check: a new commit may or may
// not be checked, and being new is never a finding.
//
// Errors: those of [es.Scanner] and [es.Inspector]. Problems of the streams are findings in the report, not errors.
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
