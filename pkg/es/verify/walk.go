package verify

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
)

// walk checks streams one after the other, page by page.
type walk struct {
	check *check
	*chain
	holes  map[es.StreamID][]int64 // unreadable commits of streams that are not finished
	report Report                  // only counts and heads
}

// check is the state that all walks of a check share.
type check struct {
	findings  findings
	witnesses *witnesses
	siblings  siblings
	heads     bool
}

func newCheck(s es.Inspector, cfg Config, of func(es.StreamID) bool) *check {
	c := &check{heads: cfg.Heads, findings: findings{most: cfg.MaxFindings}}
	c.witnesses = newWitnesses(cfg.Witnesses, of, &c.findings)
	c.siblings = siblings{
		inspect: s, found: &c.findings, most: cfg.maxOpen, settling: cfg.settling, open: map[groupKey]*group{},
	}
	return c
}

func (c *check) walk() *walk { return &walk{check: c, holes: map[es.StreamID][]int64{}} }

// settle finishes the check after all walks.
func (c *check) settle(ctx context.Context, s es.Inspector) error {
	if err := c.siblings.settle(ctx); err != nil {
		return err
	}
	return c.witnesses.settle(ctx, s)
}

func (w *walk) page(ctx context.Context, page *es.ScanPage) error {
	for _, corrupt := range page.Corrupt {
		stream, version := corrupt.Stream, corrupt.Version
		if stream.Validate() == nil && version > 0 {
			w.holes[stream] = append(w.holes[stream], version)
		} else {
			stream, version = es.StreamID{}, 0
		}
		w.check.findings.add(stream, version, Corrupt, "%v", corrupt)
	}
	for i := range page.Commits {
		c := &page.Commits[i]
		if w.chain == nil || w.stream != c.Stream {
			w.finish()
			w.chain = &chain{stream: c.Stream, found: &w.check.findings}
		}
		w.report.Commits++
		w.report.Events += int64(len(c.Events))
		w.add(c, w.holes[c.Stream])
		w.check.witnesses.compare(c)
		if err := w.check.siblings.add(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// finish finishes the current stream, if there is one.
func (w *walk) finish() {
	if w.chain == nil {
		return
	}
	w.report.Streams++
	if w.check.heads {
		w.report.Heads = append(w.report.Heads, w.head())
	}
	delete(w.holes, w.stream)
	w.chain = nil
}
