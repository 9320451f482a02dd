package projection

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// Projection is a fold over streams that writes rows of a read table, or a [Handler]. Only [New] and [FromHandler] make one.
type Projection interface {
	// Name is the projection's stable name.
	Name() string
	// FoldVersion is the version of the fold.
	FoldVersion() int
	// Reads tells whether the projection reads streams of a type.
	Reads(streamType string) bool
	// Check returns an error that names all mistakes in the declaration. [NewEngine] and [NewReader] check their projections.
	Check() error

	// handles tells whether a stored event of a stream that it reads concerns it.
	handles(streamType string, e es.RawEvent) bool
	// skipped lists the stored types of events that don't: "Order/OrderPlaced". handlesType tells whether those of one do.
	skipped() []string
	handlesType(name string) bool
	// fold applies events to a state, nil being the state before the first, and returns the state and rows that result.
	//
	// Errors: foldError.
	fold(ctx context.Context, state json.RawMessage, steps []step) (json.RawMessage, *Writes, error)
	// topics are what changes of a stream in a state are about.
	topics(state json.RawMessage) []string
	// lists are its rows, as they are declared; appends tells whether it may append some.
	lists() []rows
	appends() bool
	// rebuilds tells whether it may be built anew from history.
	rebuilds() bool
	// retryFromQueue tells whether a stream is left to the queue after a transient error.
	retryFromQueue() bool
}

// foldError says which of the events can't be applied.
type foldError struct {
	index int // of the event among those that were to be folded
	err   error
	// transient errors are not the event's: the same event may succeed later.
	transient bool
}

func (e *foldError) Error() string { return e.err.Error() }
func (e *foldError) Unwrap() error { return e.err }

// Part is a part of a projection: a [Source], [Topics], or [Rows].
type Part interface{ addTo(d *declaration) }

// declaration collects the parts of a projection.
type declaration struct {
	sources  map[string]source // by the type of streams
	rows     []rows
	topics   topics
	upgrade  upgrade
	mistakes []string
}

func (d *declaration) wrong(format string, args ...any) {
	d.mistakes = append(d.mistakes, fmt.Sprintf(format, args...))
}

// Topics says what changes of a stream are about besides the stream, for subscribers: "customer/7".
func Topics[S any](of func(document *S) []string) Part {
	if of == nil {
		return topics{document: reflect.TypeFor[S]()}
	}
	return topics{reflect.TypeFor[S](), func(document any) []string { return of(document.(*S)) }}
}

type topics struct {
	document reflect.Type
	of       func(document any) []string
}

func (t topics) addTo(d *declaration) {
	if t.of == nil {
		d.wrong("Topics has no function")
	}
	d.topics = t
}

// Upgrade says how documents and rows of this fold version are read by code that has a newer one, as long as a generation of this
// version serves: it turns each into one of the newest.
func Upgrade(row func(json.RawMessage) (json.RawMessage, error)) Part { return upgrade(row) }

type upgrade func(json.RawMessage) (json.RawMessage, error)

func (u upgrade) addTo(d *declaration) {
	if u == nil {
		d.wrong("Upgrade has no function")
	}
	d.upgrade = u
}

// Of is a projection with a document of type S for each stream. The document is stored as JSON, with the checkpoint.
type Of[S any] struct{ *declared }

// declared is an Of with documents of any type.
type declared struct {
	name     string
	version  int
	document reflect.Type
	sources  map[string]source
	topic    func(document any) []string
	rows     []rows
	upgrade  upgrade
	mistakes []string
}

// New returns the projection of a stable name, in kebab case, and of a fold version, from 1: what it reads, and more of that,
// its lists, its topics. Rows that another fold version is to make are built anew: raise it where a handler, a list or S
// changes what is stored.
//
// It never panics: [Projection].Check returns all that is wrong with the declaration.
func New[S any](name string, version int, from Source[S], more ...Part) *Of[S] {
	return &Of[S]{declare(name, version, reflect.TypeFor[S](), append([]Part{from}, more...))}
}

func declare(name string, version int, document reflect.Type, parts []Part) *declared {
	d := &declaration{sources: map[string]source{}}
	for _, part := range parts {
		part.addTo(d)
	}
	p := &declared{
		name: name, version: version, document: document,
		sources: d.sources, topic: d.topics.of, rows: d.rows, upgrade: d.upgrade,
	}
	p.compare(d)
	p.mistakes = d.mistakes
	return p
}

// Check implements [Projection].
func (p *declared) Check() error {
	if len(p.mistakes) == 0 {
		return nil
	}
	return fmt.Errorf("projection %q: %s", p.name, strings.Join(p.mistakes, "; "))
}

// maxSlots is how many lists over an index a projection can have: a read table has that many indexes.
const maxSlots = 2

// compare finds out which parts of a declaration don't fit together.
func (p *declared) compare(d *declaration) {
	if p.name == "" || p.version < 1 {
		d.wrong("it needs a name, and a fold version from 1")
	}
	for streamType, s := range d.sources {
		if s.document != p.document {
			d.wrong("what reads %s has documents of %v: they must be %v", streamType, s.document, p.document)
		}
	}
	if d.topics.of != nil && d.topics.document != p.document {
		d.wrong("the topics are those of %v: they must be those of %v", d.topics.document, p.document)
	}
	p.compareRows(d)
}

// compareRows is compare for its lists.
func (p *declared) compareRows(d *declaration) {
	slots := 0
	names := map[string]bool{}
	for _, r := range d.rows {
		if r.name == "" {
			d.wrong("a list has no name")
		}
		if r.kind == IndexedRow && r.entry == nil {
			d.wrong("the list %q has no function", r.name)
		}
		if names[r.name] {
			d.wrong("two lists have the name %q", r.name)
		}
		names[r.name] = true
		if r.kind != IndexedRow {
			continue
		}
		if slots++; slots > maxSlots {
			d.wrong("it has more than %d lists over an index", maxSlots)
		}
		if r.document != p.document {
			d.wrong("the list %q is one of %v, not of %v", r.name, r.document, p.document)
		}
	}
}

// Name implements [Projection].
func (p *declared) Name() string { return p.name }

// FoldVersion implements [Projection].
func (p *declared) FoldVersion() int { return p.version }

// Reads implements [Projection].
func (p *declared) Reads(streamType string) bool {
	_, reads := p.sources[streamType]
	return reads
}

// StreamTypes are the types of the streams that the projection reads, sorted.
func (p *declared) StreamTypes() []string { return slices.Sorted(maps.Keys(p.sources)) }

func (p *declared) handles(streamType string, e es.RawEvent) bool {
	return p.sources[streamType].handles(e)
}
func (p *declared) rebuilds() bool       { return true }
func (p *declared) retryFromQueue() bool { return false }

func (p *declared) skipped() []string {
	var all []string
	for _, s := range p.sources {
		all = append(all, s.skipped()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (p *declared) handlesType(name string) bool {
	streamType, event, _ := strings.Cut(name, "/")
	source, reads := p.sources[streamType]
	return reads && source.handlesNamed(event)
}

func (p *declared) lists() []rows { return p.rows }

func (p *declared) upgraded(row json.RawMessage) (json.RawMessage, error) {
	if p.upgrade == nil {
		return row, nil
	}
	return p.upgrade(row)
}

func (p *declared) appends() bool {
	return slices.ContainsFunc(p.rows, func(r rows) bool { return r.kind == AppendedRow })
}

// topics that panic are none: the rows are stored already.
func (p *declared) topics(stored json.RawMessage) (all []string) {
	defer func() {
		if recover() != nil {
			all = nil
		}
	}()
	document := p.empty()
	if p.topic == nil || stored == nil || json.Unmarshal(stored, document) != nil {
		return nil
	}
	return p.topic(document)
}

// step is one stored event to fold.
type step struct {
	commit *es.Commit
	index  int
}

func (s step) version() int64 { return s.commit.Version + int64(s.index) }

// empty is a document before the first event: a *S.
func (p *declared) empty() any { return reflect.New(p.document).Interface() }

func (p *declared) fold(_ context.Context, stored json.RawMessage, steps []step) (out json.RawMessage, w *Writes, err error) {
	defer func() { // a state's own JSON methods may panic too, and what tells where it is in lists
		if panicked := recover(); panicked != nil {
			err = &foldError{index: max(len(steps)-1, 0), err: fmt.Errorf("state: panic: %v", panicked)}
		}
	}()
	document := p.empty()
	if stored != nil {
		if err := json.Unmarshal(stored, document); err != nil {
			return nil, nil, &foldError{err: fmt.Errorf("stored state: %w", err)}
		}
	}
	w = &Writes{rows: p.rows}
	begun := stored != nil
	for i, s := range steps {
		if err := p.evolve(document, s, w); err != nil {
			return nil, nil, &foldError{index: i, err: err}
		}
		begun = begun || p.handles(s.commit.Stream.Type, s.commit.Events[s.index])
	}
	if !begun { // there is no document before the first event that concerns it
		return nil, w, nil
	}
	if out, err = json.Marshal(document); err != nil {
		err = fmt.Errorf("state: %w", err)
	} else if len(steps) > 0 {
		w.slots, err = slotsOf(p.rows, w.stream, document)
	}
	if err != nil {
		return nil, nil, &foldError{index: max(len(steps)-1, 0), err: err}
	}
	return out, w, nil
}

// evolve applies one event. A panic of a handler is an error of the event, not the end of the process.
func (p *declared) evolve(document any, s step, w *Writes) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	w.begin(s)
	return p.sources[s.commit.Stream.Type].apply(document, s, w)
}
