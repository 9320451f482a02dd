package storekit

import (
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// Position returns the position in a segment after the item with this key. The store chooses the key; any text will do.
func Position(s es.Segment, key string) es.Position {
	return es.Position(stored.Position(s.Index, s.Of, key))
}

// PositionKey returns the key from which a segment's position was made, "" at the start. If the position is [es.End],
// there is nothing to scan.
//
// Errors: [es.SegmentError], also if the position was made for another segment, or is damaged.
func PositionKey(s es.Segment) (string, error) {
	key, reason := stored.PositionKey(s.Index, s.Of, s.Limit, string(s.After))
	if reason != "" {
		return "", &es.SegmentError{Segment: s, Reason: reason}
	}
	return key, nil
}
