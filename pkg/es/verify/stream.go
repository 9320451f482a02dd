package verify

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
)

// Stream checks one stream, and the siblings of its commits in other streams. Witnesses of other streams are ignored.
//
// Errors: those of [es.Inspector]. Problems of the stream are findings in the report, not errors.
func Stream(ctx context.Context, s es.Inspector, stream es.StreamID, witnesses ...Witness) (*Report, error) {
	return verifyStream(ctx, s, stream, Config{Heads: true, Witnesses: witnesses}.withDefaults())
}

func verifyStream(ctx context.Context, s es.Inspector, stream es.StreamID, cfg Config) (*Report, error) {
	cfg.maxOpen = 0 // look up siblings at once, because no other stream is read
	c := newCheck(s, cfg, func(other es.StreamID) bool { return other == stream })
	w := c.walk()
	for page, err := range s.Inspect(ctx, stream, es.VersionRange{}) {
		if err == nil {
			err = w.page(ctx, &page)
		}
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", stream, err)
		}
	}
	w.finish()
	if err := c.settle(ctx, s); err != nil {
		return nil, fmt.Errorf("verify %s: %w", stream, err)
	}
	c.findings.report(&w.report)
	return &w.report, nil
}
