package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// Projection is a fold over streams that writes rows of a read table, or a [Handler]. [New] and [FromHandler] make one.
type Projection interface {
	// Name is the projection's stable name.
	Name() string
	// FoldVersion is the version of the fold.
	FoldVersion() int
	// Reads reports whether the projection reads streams of a type.
	Reads(streamType string) bool
	// Check returns an error that names all mistakes in the declaration. [NewEngine] and [NewReader] call it.
	Check() error

	// handles reports whether a stored event of a stream that it reads concerns it.
	handles(streamType string, e es.RawEvent) bool
	// skipped lists the stored types of events that do not concern it: "Order/OrderPlaced". handlesType reports whether
	// events of a type do.
	skipped() []string
	handlesType(name string) bool
	// stored lists the stored events of the streams that it reads, by the streams' type.
	stored() map[string][]es.StoredType
	// fold applies events to a state and returns the resulting state and rows. nil is the state before the first event.
	//
	// Errors: foldError.
	fold(ctx context.Context, state json.RawMessage, steps []step) (json.RawMessage, *Writes, error)
	// topics are the topics of a change that led to a state.
	topics(state json.RawMessage) []string
	// personal reports whether its states of streams of a type may hold personal data.
	personal(streamType string) bool
	// lists are its declared lists. appends reports whether it may append rows.
	lists() []rows
	appends() bool
	// rebuilds reports whether it can be rebuilt from history.
	rebuilds() bool
	// acts reports whether fold acts on each event at once, so that it can't be repeated without effects.
	acts() bool
	// retryFromQueue reports whether a stream is left to the queue after a transient error.
	retryFromQueue() bool
}

// foldError says which event can't be applied.
type foldError struct {
	index int // of the event among the steps
	err   error
	// transient means that the same event may succeed later.
	transient bool
}

func (e *foldError) Error() string { return e.err.Error() }
func (e *foldError) Unwrap() error { return e.err }

// Part is a part of a projection: a [Source], [Topics], or [Rows].
type Part interface{ addTo(d *declaration) }

// declaration collects the parts of a projection.
type declaration struct {
	sources  map[string]source // by stream type
	rows     []rows
	topics   topics
	upgrade  upgrade
	mistakes []string
}

func (d *declaration) wrong(format string, args ...any) {
	d.mistakes = append(d.mistakes, fmt.Sprintf(format, args...))
}

// Topics names further subjects of a stream's changes, such as "customer/7", so that clients can subscribe to them.
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

// Upgrade converts documents and rows of this fold version to the newest fold version. Code that has a newer version
// reads with it, as long as a generation of this version serves.
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

// New returns a projection. Its name is stable, in kebab case; its fold version starts at 1. The source says what it
// reads; more parts are its further sources, lists and topics. Raise the fold version when a handler, a list or S
// changes what is stored: the rows are then rebuilt.
//
// New never panics. [Projection].Check returns all mistakes in the declaration.
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

// compare finds the parts of a declaration that do not fit together.
func (p *declared) compare(d *declaration) {
	if p.name == "" || p.version < 1 {
		d.wrong("the name must not be empty, and the fold version must be 1 or more")
	}
	for streamType, s := range d.sources {
		if s.document != p.document {
			d.wrong("the source of %s has documents of type %v, want %v", streamType, s.document, p.document)
		}
	}
	if d.topics.of != nil && d.topics.document != p.document {
		d.wrong("the topics are for documents of type %v, want %v", d.topics.document, p.document)
	}
	p.compareRows(d)
}

// compareRows does the same for the projection's lists.
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
			d.wrong("there are more than %d lists over an index", maxSlots)
		}
		if r.document != p.document {
			d.wrong("the list %q is for documents of type %v, want %v", r.name, r.document, p.document)
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
func (p *declared) acts() bool           { return false }
func (p *declared) retryFromQueue() bool { return false }

func (p *declared) personal(streamType string) bool {
	return p.sources[streamType].events.HasPersonal()
}

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

func (p *declared) stored() map[string][]es.StoredType {
	all := map[string][]es.StoredType{}
	for streamType, source := range p.sources {
		all[streamType] = source.events.StoredTypes()
	}
	return all
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

// topics returns none if the function panics: the rows are stored already.
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

// empty is the document before the first event, a *S.
func (p *declared) empty() any { return reflect.New(p.document).Interface() }

func (p *declared) fold(
	_ context.Context, stored json.RawMessage, steps []step,
) (out json.RawMessage, w *Writes, err error) {
	defer func() { // the state's JSON methods and the functions of lists may panic too
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
			// The keys of an event's personal data may be unavailable.
			return nil, nil, &foldError{index: i, err: err, transient: errors.Is(err, es.ErrUnavailable)}
		}
		begun = begun || p.handles(s.commit.Stream.Type, s.commit.Events[s.index])
	}
	if !begun { // no event so far concerns the projection: no document
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

// evolve applies one event. A panic of a handler becomes an error of the event; the process continues.
func (p *declared) evolve(document any, s step, w *Writes) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	w.begin(s)
	return p.sources[s.commit.Stream.Type].apply(document, s, w)
}
