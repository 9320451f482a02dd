package readmodel

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Session is one read model as one request sees it: it stays in one generation, so that a checkpoint and the rows read
// after it belong together, whatever is swapped meanwhile. It answers the queries of its read model.
type Session struct {
	// opened is the read model, nil until it is filled: then before is read, which it replaces.
	opened  *projection.Session
	before  *before
	awaited []es.StreamID
}

// Session begins to read a read model: in the generation that serves, or, where a list goes on, in that of its cursor.
// Until a read model is filled, those that it replaces are read. Lists show the streams that the caller awaits as they
// are.
//
// Errors: [projection.ErrCursor], [projection.NotFilledError], [projection.UnknownFoldError]; the catalog's.
func (m *Models) Session(ctx context.Context, name, cursor string, awaited ...es.StreamID) (*Session, error) {
	ready, err := m.reader.Ready(ctx, name)
	if err != nil {
		return nil, err
	}
	if !ready {
		if b, err := m.before(ctx, name, cursor); b != nil || err != nil {
			return &Session{before: b}, err
		}
	}
	opened, err := m.reader.OpenAt(ctx, name, cursor)
	return &Session{opened: opened, awaited: awaited}, err
}

// Name is the name of the read model that is read, "" if several are.
func (s *Session) Name() string {
	if s.before != nil {
		return ""
	}
	return s.opened.Name()
}

// Reads tells whether the read model reads streams of a type.
func (s *Session) Reads(streamType string) bool {
	if s.before != nil {
		return s.before.reads(streamType)
	}
	return s.opened.Reads(streamType)
}

// Progress returns how far the read model has come with a stream, and whether it shows a version. It is strongly
// consistent.
func (s *Session) Progress(ctx context.Context, v es.StreamVersion) (projection.Progressed, error) {
	if s.before != nil {
		return s.before.progress(ctx, v)
	}
	return s.opened.Progress(ctx, v)
}
