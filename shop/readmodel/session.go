package readmodel

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Session is one read model as one request sees it: it stays in one generation, so that a checkpoint and the rows read after
// it belong together, whatever is swapped meanwhile. Its queries are those of [Models]; it answers those of its read model.
type Session struct {
	*Models
	reader reader
}

// Session begins to read a read model: in the generation that serves, or, where a list goes on, in that of its cursor.
//
// Errors: [projection.ErrCursor], [projection.UnknownFoldError]; the catalog's.
func (m *Models) Session(ctx context.Context, name, cursor string) (*Session, error) {
	r, err := m.reader(ctx, name, cursor)
	if err != nil {
		return nil, err
	}
	pinned := *m
	pinned.pinned = &r
	return &Session{Models: &pinned, reader: r}, nil
}

// Reads tells whether the read model reads streams of a type.
func (s *Session) Reads(streamType string) bool { return s.reader.fold.Reads(streamType) }

// Progress returns how far the read model has come with a stream, strongly consistent.
func (s *Session) Progress(ctx context.Context, stream es.StreamID) (projection.Checkpoint, error) {
	cp, err := s.reader.Checkpoint(ctx, stream)
	if err != nil {
		return cp, fmt.Errorf("%s of %s: %w", s.reader.fold.Name(), stream, err)
	}
	return cp, nil
}
