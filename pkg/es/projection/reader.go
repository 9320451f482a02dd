package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/internal/config"
)

// Reader opens projections for reading, each in its serving generation. It is safe for concurrent use. [NewReader]
// makes one.
type Reader struct {
	store         es.Reader
	records       *recordCache
	subscriptions map[string]Subscription
	now           func() time.Time
}

// ReaderConfig adjusts a reader. The zero value takes the defaults.
type ReaderConfig struct {
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// NewReader returns a reader of projections. It reads the store to find out whether events that a checkpoint lacks
// concern the projection: see [Concerns]. It panics with what [Subscription.Check] returns, or if a projection is
// subscribed twice.
func NewReader(store es.Reader, catalog Catalog, cfg ReaderConfig, subscriptions ...Subscription) *Reader {
	config.Must(checkAll(subscriptions))
	now := cfg.Now
	if now == nil {
		now = time.Now
	}
	r := &Reader{store: store, records: newRecordCache(catalog, now), subscriptions: map[string]Subscription{}, now: now}
	for _, sub := range subscriptions {
		r.subscriptions[sub.name()] = sub
	}
	return r
}

// Open opens a projection for one request, in the serving generation. So a checkpoint and the rows read after it belong
// together, even if a swap happens in between.
//
// Errors: [NotFilledError]; [UnknownFoldError]; [UnknownProjectionError]; the catalog's.
func (r *Reader) Open(ctx context.Context, projection string) (*Session, error) {
	return r.OpenAt(ctx, projection, "")
}

// OpenAt is [Reader.Open] for a list that continues: in the generation that issued the cursor, which is the Next of a
// [Page]. With an empty cursor, the list begins.
//
// Errors: [ErrCursor]; those of Open.
func (r *Reader) OpenAt(ctx context.Context, projection, cursor string) (*Session, error) {
	sub, there := r.subscriptions[projection]
	if !there {
		return nil, &UnknownProjectionError{projection}
	}
	record, err := r.records.record(ctx, &sub)
	if err != nil {
		return nil, err
	}
	b := record.Read(r.now())
	if !b.readable(r.now()) {
		return nil, &NotFilledError{projection, b.Generation}
	}
	s := &Session{reader: r, sub: sub}
	if cursor != "" {
		if s.cursor, err = parseCursor(cursor); err != nil {
			return nil, err
		}
		if b = record.Build(s.cursor.Generation); b == nil || b.Lost || b.Status != Serving && b.Status != Retired {
			return nil, ErrCursor
		}
	}
	s.Build = *b
	if s.fold = sub.fold(b.Fold); s.fold == nil {
		return nil, &UnknownFoldError{projection, b.Generation, b.Fold}
	}
	return s, nil
}

// Ready reports whether a projection has all its history, or had it until its store has lost it. A projection that
// replaces others is read instead of them once it is ready: they are not fed any more.
//
// Errors: [UnknownProjectionError]; the catalog's.
func (r *Reader) Ready(ctx context.Context, projection string) (bool, error) {
	sub, there := r.subscriptions[projection]
	if !there {
		return false, &UnknownProjectionError{projection}
	}
	record, err := r.records.record(ctx, &sub)
	if err != nil {
		return false, err
	}
	return record.Read(r.now()).complete(r.now()), nil
}

// Check returns an error if this code can't read the serving generation of one of the projections.
//
// Errors: [UnknownFoldError], the first of them; the catalog's.
func (r *Reader) Check(ctx context.Context) error {
	for name, sub := range r.subscriptions {
		record, err := r.records.record(ctx, &sub)
		if err != nil {
			return err
		}
		if b := record.Serving(); sub.fold(b.Fold) == nil {
			return &UnknownFoldError{name, b.Generation, b.Fold}
		}
	}
	return nil
}

// Session is a projection as one request sees it. All reads are strongly consistent, except those of lists over an
// index. A checkpoint that [Session.Progress] read, and that shows the wanted version, is not read again: documents and
// lists are as of that checkpoint.
type Session struct {
	shown  sync.Map // Checkpoint, by es.StreamID
	reader *Reader
	sub    Subscription
	fold   Projection
	cursor cursor
	// Build is the generation that is read.
	Build Build
}

// Name is the projection's name.
func (s *Session) Name() string { return s.sub.name() }

// Reads reports whether the projection reads streams of a type.
func (s *Session) Reads(streamType string) bool { return s.fold.Reads(streamType) }

// Checkpoints returns the projection's checkpoints of streams. Streams that it has not seen are left out.
//
// Errors: the view's.
func (s *Session) Checkpoints(ctx context.Context, streams ...es.StreamID) (map[es.StreamID]Checkpoint, error) {
	at, err := s.sub.View.Checkpoints(ctx, s.Build.Generation, streams...)
	if err != nil {
		return nil, fmt.Errorf("%s: checkpoints: %w", s.Name(), err)
	}
	return at, nil
}

// asShown is Checkpoints, but reuses the checkpoints that Progress found to show the wanted version.
func (s *Session) asShown(ctx context.Context, streams ...es.StreamID) (map[es.StreamID]Checkpoint, error) {
	all := map[es.StreamID]Checkpoint{}
	streams = slices.DeleteFunc(slices.Clone(streams), func(stream es.StreamID) bool {
		at, there := s.shown.Load(stream)
		if there {
			all[stream] = at.(Checkpoint)
		}
		return there
	})
	if len(streams) == 0 {
		return all, nil
	}
	read, err := s.Checkpoints(ctx, streams...)
	maps.Copy(all, read)
	return all, err
}

// Progressed is how far a projection has come with a stream.
type Progressed struct {
	Checkpoint
	// Shows is true if the projection shows the wanted version: its checkpoint has reached the version, or none of the
	// events between concerns the projection.
	Shows bool
}

// Progress returns how far the projection has come with a stream, and whether it shows a version.
//
// Errors: the view's, the store's.
func (s *Session) Progress(ctx context.Context, v es.StreamVersion) (Progressed, error) {
	all, err := s.Checkpoints(ctx, v.Stream)
	if err != nil {
		return Progressed{}, err
	}
	at, there := all[v.Stream]
	shows, err := shows(ctx, s.reader.store, s.sub, s.fold, at, v)
	if lagging, is := s.sub.View.(Lagging); is && shows && there {
		var visible int64
		visible, err = lagging.Visible(ctx, s.Build.Generation, v.Stream)
		shows = visible >= min(at.Version, v.Version)
	}
	if there && shows {
		s.shown.Store(v.Stream, at)
	} else {
		s.shown.Delete(v.Stream)
	}
	return Progressed{at, shows}, err
}

// shows reports whether a version is shown without the checkpoint moving. It reads the events between the two, until
// one concerns the projection: at most 50.
func shows(
	ctx context.Context, store es.Reader, sub Subscription, fold Projection, at Checkpoint, v es.StreamVersion,
) (bool, error) {
	switch {
	case at.Version >= v.Version:
		return true, nil
	case at.Parked != nil, at.Behind, at.RowsWritten > 0, sub.Inline, v.Version-at.Version > maxSkipped:
		return false, nil
	}
	last := at.Version
	for c, err := range store.Read(ctx, v.Stream, es.Range{From: at.Version + 1, To: v.Version}) {
		if err != nil {
			return false, fmt.Errorf("%s: read the events beyond the checkpoint: %w", fold.Name(), err)
		}
		if Concerns(fold, &c) {
			return false, nil
		}
		last = c.LastVersion()
	}
	return last >= v.Version, nil
}

// maxSkipped is how many versions a checkpoint may lag behind because no event concerns its projection: a commit has at
// most 100.
const maxSkipped = storedEvery + es.MaxEvents

// Counters reads a row of counters. It returns nil if nothing was ever added to it.
//
// Errors: the view's.
func (s *Session) Counters(ctx context.Context, at Key) (map[string]Number, error) {
	key := RowKey{Key: at, Kind: SharedRow}
	rows, err := s.sub.View.Rows(ctx, s.Build.Generation, key)
	if err != nil {
		return nil, fmt.Errorf("%s: counters: %w", s.Name(), err)
	}
	return rows[key].Counters, nil
}

// AllCounters reads all rows of counters in partitions, by sort key.
//
// Errors: the view's.
func (s *Session) AllCounters(ctx context.Context, partitions ...string) (map[string]map[string]Number, error) {
	found := make([]map[string]map[string]Number, len(partitions))
	err := parallel(ctx, len(partitions), func(ctx context.Context, i int) error {
		found[i] = map[string]map[string]Number{}
		for row, err := range s.sub.View.List(ctx, s.Build.Generation, Listing{
			Kind: SharedRow, Partition: partitions[i], PageSize: 1000,
		}) {
			if err != nil {
				return fmt.Errorf("%s: counters: %w", s.Name(), err)
			}
			found[i][row.Key.Sort] = row.Counters
		}
		return nil
	})
	all := map[string]map[string]Number{}
	for _, part := range found {
		for sort, counters := range part {
			all[sort] = counters
		}
	}
	return all, err
}

// decode reads a document or a row of the session's fold version into out.
func (s *Session) decode(raw json.RawMessage, out any) (err error) {
	if u, ok := s.fold.(interface {
		upgraded(json.RawMessage) (json.RawMessage, error)
	}); ok {
		if raw, err = u.upgraded(raw); err != nil {
			return err
		}
	}
	return json.Unmarshal(raw, out)
}

// Document is a projection's document of a stream.
type Document[S any] struct {
	Data S
	// Version is the stream version that it shows. It is lower than the stream's if later events do not concern the
	// projection.
	Version int64
	// At is when it reached that version. Owner is who created the stream.
	At    time.Time
	Owner string
}

// Document reads the document of a stream.
//
// Errors: [es.NotFoundError] if the projection has not seen the stream; one if the document can't be decoded; the
// view's.
func (p *Of[S]) Document(ctx context.Context, s *Session, stream es.StreamID) (Document[S], error) {
	all, err := p.Documents(ctx, s, stream)
	if err != nil {
		return Document[S]{}, err
	}
	one, there := all[stream]
	if !there {
		return one.Document, &es.NotFoundError{Stream: stream}
	}
	return one.Document, one.Err
}

// Decoded is a document, or the error why it can't be decoded.
type Decoded[S any] struct {
	Document[S]
	Err error
}

// Documents reads the documents of streams. Streams that the projection has not seen are left out.
//
// Errors: the view's.
func (p *Of[S]) Documents(ctx context.Context, s *Session, streams ...es.StreamID) (map[es.StreamID]Decoded[S], error) {
	if s.Name() != p.name {
		return nil, fmt.Errorf("the session reads projection %s, not %s: open a session of that projection", s.Name(), p.name)
	}
	at, err := s.asShown(ctx, streams...)
	if err != nil {
		return nil, err
	}
	out := make(map[es.StreamID]Decoded[S], len(at))
	for stream, cp := range at {
		if cp.State == nil { // no event was applied
			continue
		}
		d := Decoded[S]{Document: Document[S]{Version: cp.Version, At: cp.At, Owner: cp.Owner}}
		if err := s.decode(cp.State, &d.Data); err != nil {
			d.Err = fmt.Errorf("%s of %s: %w", s.Name(), stream, err)
		}
		out[stream] = d
	}
	return out, nil
}

// indexOf is the number of a list among the lists over an index, -1 if there is none.
func indexOf(all []rows, name string) int {
	indexed := slices.DeleteFunc(slices.Clone(all), func(r rows) bool { return r.kind != IndexedRow })
	return slices.IndexFunc(indexed, func(r rows) bool { return r.name == name })
}
