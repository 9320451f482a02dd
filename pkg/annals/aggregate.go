package annals

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// DeclaredAggregate is an aggregate of a service, without its types.
type DeclaredAggregate struct {
	// StreamType is the type of its streams: "Account".
	StreamType string
	// Snapshots says how its snapshots are made. The zero value means none.
	Snapshots Snapshots
	// Hidden means that callers learn of no stream of this type, by name or in the audit trail.
	Hidden bool
	// ReadableByAll means that read models show its streams to every caller.
	ReadableByAll bool
	// Personal means that its events have personal data. Renews means that its new events may have data about people who
	// were forgotten.
	Personal, Renews bool
	// StoredTypes are the stored event types that it reads.
	StoredTypes []es.StoredType

	owner func(event any) (owner string, found bool)
	typed typed
}

// typed holds what needs an aggregate's types. It is an interface for the linker: see [Operation].
type typed interface {
	read(c *es.Commit, i int, yield func(event any) error) error
	open(x *es.Executor, cfg es.RepositoryConfig) Repository
	keeper(x *es.Executor, cfg es.RepositoryConfig) Snapshotter
	plain(c *es.Commit, i int) ([]es.PersonalValue, error)
	again(c *es.Commit, i int) ([]es.RawEvent, error)
	past(ctx context.Context, reader es.Reader, id string, p es.Point, now time.Time) (es.Past[json.RawMessage], error)
}

// Past returns an aggregate as it was at a point, from its events alone, with its state as JSON.
//
// Errors: those of [es.FoldTo]; a state that JSON can't hold.
func (a *DeclaredAggregate) Past(
	ctx context.Context, reader es.Reader, id string, p es.Point, now time.Time,
) (es.Past[json.RawMessage], error) {
	return a.typed.past(ctx, reader, id, p, now)
}

// Plain returns the personal values that a stored event has in the clear: see [es.Registry.Plain].
//
// Errors: those of [es.Registry.Plain].
func (a *DeclaredAggregate) Plain(c *es.Commit, i int) ([]es.PersonalValue, error) {
	return a.typed.plain(c, i)
}

// Owner is the owner of a stream besides its creator: what [OwnedBy] returns for its first commit, or "".
//
// Errors: those of [es.Registry.DecodeAny].
func (a *DeclaredAggregate) Owner(first *es.Commit) (owner string, err error) {
	if a.owner == nil {
		return "", nil
	}
	err = a.typed.read(first, 0, func(event any) error {
		if named, found := a.owner(event); found {
			owner = named
		}
		return nil
	})
	return owner, err
}

// Repository is an [es.Repository] of any types.
type Repository interface {
	Snapshotter
	Stream(id string) es.StreamID
	// What decisions need, for the linker: see [Operation].
	get(tx *es.Tx, id string) (any, error)
	getOrNew(tx *es.Tx, id string) (any, error)
	load(ctx context.Context, id string) (any, error)
	loadAtLeast(ctx context.Context, id string, version int64) (any, error)
	result(ctx context.Context, done *es.Outcome, id string) (any, error)
}

// repository is an es.Repository behind an interface without type parameters.
type repository[S, E any] struct{ *es.Repository[S, E] }

func (r repository[S, E]) get(tx *es.Tx, id string) (any, error)      { return r.Get(tx, id) }
func (r repository[S, E]) getOrNew(tx *es.Tx, id string) (any, error) { return r.GetOrNew(tx, id) }

func (r repository[S, E]) load(ctx context.Context, id string) (any, error) { return r.Load(ctx, id) }

func (r repository[S, E]) loadAtLeast(ctx context.Context, id string, version int64) (any, error) {
	return r.LoadAtLeast(ctx, id, version)
}

func (r repository[S, E]) result(ctx context.Context, done *es.Outcome, id string) (any, error) {
	return r.Result(ctx, done, id)
}

// as converts what a repository returned back to its type.
func as[T any](loaded any, err error) (T, error) {
	out, _ := loaded.(T)
	return out, err
}

// typedAs has an aggregate's types. It is a separate type, because the linker keeps the methods of a generic type
// together.
type typedAs[S, E any] struct{ aggregate es.Aggregate[S, E] }

func (t *typedAs[S, E]) read(c *es.Commit, i int, yield func(event any) error) error {
	return t.aggregate.Events.DecodeAny(c, i, yield)
}

func (t *typedAs[S, E]) open(x *es.Executor, cfg es.RepositoryConfig) Repository {
	return repository[S, E]{es.NewRepository(x, t.aggregate, cfg)}
}

func (t *typedAs[S, E]) keeper(x *es.Executor, cfg es.RepositoryConfig) Snapshotter {
	return es.NewRepository(x, t.aggregate, cfg)
}

func (t *typedAs[S, E]) plain(c *es.Commit, i int) ([]es.PersonalValue, error) {
	return t.aggregate.Events.Plain(c, i)
}

func (t *typedAs[S, E]) again(c *es.Commit, i int) ([]es.RawEvent, error) {
	return t.aggregate.Events.Again(c, i)
}

func (t *typedAs[S, E]) past(
	ctx context.Context, reader es.Reader, id string, p es.Point, now time.Time,
) (es.Past[json.RawMessage], error) {
	past, err := es.FoldTo(ctx, reader, t.aggregate, id, p, now)
	if err != nil {
		return es.Past[json.RawMessage]{}, err
	}
	text, err := json.Marshal(past.State)
	return es.Past[json.RawMessage]{
		Loaded: es.Loaded[json.RawMessage]{ID: past.ID, Version: past.Version, State: text},
		At:     past.At, Provisional: past.Provisional,
	}, err
}

// AggregateOption adjusts an aggregate of a service.
type AggregateOption interface{ addToAggregate(a *DeclaredAggregate) }

// Snapshots says how snapshots of an aggregate are made. It is an option of [Aggregate].
type Snapshots struct {
	// Every is after how many events a snapshot is due, from 1.
	Every int
	// Schema is the number of the state's shape, from 1. Raise it when the state, or the effect of events on it,
	// changes.
	Schema int
}

func (s Snapshots) addToAggregate(a *DeclaredAggregate) { a.Snapshots = s }

type aggregateOption func(a *DeclaredAggregate)

func (o aggregateOption) addToAggregate(a *DeclaredAggregate) { o(a) }

// Options of an aggregate.
var (
	// Hidden hides an aggregate's streams from callers, because its ids are secrets.
	Hidden AggregateOption = aggregateOption(func(a *DeclaredAggregate) { a.Hidden = true })
	// ReadableByAll lets every caller read what read models show of the aggregate's streams. Only the creator of a
	// stream, or an operator, can change it.
	ReadableByAll AggregateOption = aggregateOption(func(a *DeclaredAggregate) { a.ReadableByAll = true })
	// NewKeys lets new events of the aggregate have data about a person who was forgotten: the person gets a new key, which
	// reads nothing from before. Without it, such events are refused.
	NewKeys AggregateOption = aggregateOption(func(a *DeclaredAggregate) { a.Renews = true })
)

// OwnedBy names a stream's owner besides its creator: owner returns the owner's id from an event of type E. Only the
// stream's first event is read. Fields that are marked `personal:"owner"` are about this owner; without OwnedBy, they are
// about the stream's creator.
//
// A command that creates such a stream must check who may be its owner: see [Tx.Caller]. Otherwise a caller can create
// streams in the name of others.
func OwnedBy[E any](owner func(E) string) AggregateOption {
	if owner == nil {
		return nil
	}
	return aggregateOption(func(a *DeclaredAggregate) {
		a.owner = func(event any) (string, bool) {
			e, is := event.(E)
			if !is {
				return "", false
			}
			return owner(e), true
		}
	})
}

type aggregatePart[S, E any] struct {
	aggregate es.Aggregate[S, E]
	options   []AggregateOption
}

// Aggregate declares an aggregate of the service.
func Aggregate[S, E any](a es.Aggregate[S, E], options ...AggregateOption) Part {
	return aggregatePart[S, E]{a, options}
}

func (p aggregatePart[S, E]) addTo(s *Service) {
	a := &DeclaredAggregate{StreamType: p.aggregate.StreamType}
	if err := p.aggregate.Check(); err != nil {
		s.wrong("%v", err)
		return
	}
	a.StoredTypes, a.Personal = p.aggregate.Events.StoredTypes(), p.aggregate.Events.HasPersonal()
	for _, o := range p.options {
		if isNil(o) {
			s.wrong("aggregate %s: an option is nil: pass what a function of package annals returned", a.StreamType)
			continue
		}
		o.addToAggregate(a)
	}
	if p.aggregate.Owner == nil {
		p.aggregate.Owner = func(first E, meta es.Meta) string { return a.ownerBy(first, meta) }
	}
	a.typed = &typedAs[S, E]{p.aggregate}
	if s.Aggregate(a.StreamType) != nil {
		s.wrong("aggregate %s is declared twice: remove one", a.StreamType)
	}
	if n := a.Snapshots; n != (Snapshots{}) && (n.Every < 1 || n.Schema < 1) {
		s.wrong("aggregate %s: annals.Snapshots needs Every and Schema from 1, they are %d and %d",
			a.StreamType, n.Every, n.Schema)
	}
	a.checkASCII(s)
	s.Aggregates = append(s.Aggregates, a)
}

// ownerBy returns whom personal data of a stream's owner is about: the person whom [OwnedBy] names, else the stream's
// creator. It returns "" if a reaction created the stream.
func (a *DeclaredAggregate) ownerBy(first any, meta es.Meta) string {
	if a.owner != nil {
		if owner, named := a.owner(first); named && owner != "" {
			return owner
		}
	}
	if strings.HasPrefix(meta.Actor, reaction.ActorPrefix) {
		return ""
	}
	return meta.Actor
}

// checkASCII refuses stored names that tools would misread: CloudFormation's GetTemplate may return any other character
// as a question mark.
func (a *DeclaredAggregate) checkASCII(s *Service) {
	names := []string{a.StreamType}
	for _, stored := range a.StoredTypes {
		names = append(names, stored.Name)
	}
	for _, name := range names {
		if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
			s.wrong("aggregate %s: the stored name %q must be ASCII, because CloudFormation returns other characters of the "+
				"template as question marks, and tools could not recognize the events", a.StreamType, name)
		}
	}
}
