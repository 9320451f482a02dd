package verify

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// StoreWithin is [Store] with a maximum of members in open groups and without waiting.
func StoreWithin(ctx context.Context, s Source, cfg Config, maxOpen int) (*Report, error) {
	cfg = cfg.withDefaults()
	cfg.maxOpen, cfg.settling = maxOpen, time.Microsecond
	return verifyStore(ctx, s, cfg)
}

// StreamAtOnce is [Stream] without waiting.
func StreamAtOnce(ctx context.Context, s es.Inspector, stream es.StreamID, witnesses ...Witness) (*Report, error) {
	cfg := Config{Heads: true, Witnesses: witnesses}.withDefaults()
	cfg.settling = time.Microsecond
	return verifyStream(ctx, s, stream, cfg)
}
