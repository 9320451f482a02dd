package annals

import (
	"context"
	"reflect"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Scope is what a caller's token must allow. Its full name begins with the service's name: see [Service.ScopeOf].
type Scope string

// The scopes. A caller with the scope to operate may act on every stream, but still needs the route's own scope.
const (
	ToCommand Scope = "command"
	ToQuery   Scope = "query"
	ToOperate Scope = "operate"
)

// Kind is what an operation does.
type Kind string

// The kinds of operations.
const (
	Creates          Kind = "creates"            // one aggregate
	CreatesOrChanges Kind = "creates-or-changes" // the aggregate whose id is in the path
	Changes          Kind = "changes"            // the aggregate whose id is in the path
	Transacts        Kind = "transacts"          // several aggregates
	ShowsDocument    Kind = "document"           // of one stream, now or at a point in its past
	ShowsList        Kind = "list"               // a page at a time
	Asks             Kind = "query"              // anything else of a read model
	ShowsEvents      Kind = "audit-trail"        // of one stream
	Forgets          Kind = "forgets"            // the person whose id is in the path
	ShowsSubject     Kind = "subject"            // what is stored about the person whose id is in the path
)

// Commands reports whether operations of the kind are commands. The others are queries.
func (k Kind) Commands() bool {
	return k == Creates || k == CreatesOrChanges || k == Changes || k == Transacts || k == Forgets
}

// Operation is one route of the service, without its types. It holds what the operation does, as a function. The edge
// decides how it is called over HTTP.
type Operation struct {
	// ID is the operation's id, unique, in kebab case. Summary is one line.
	ID, Summary string
	Kind        Kind
	Method      string
	// Path has its parameters in braces: "/accounts/{id}/deposits". Parameters are their names in order.
	Path       string
	Parameters []string
	Scope      Scope
	// StreamType is the type of the streams that {id} names, or that are created. "" = {id} names no stream.
	StreamType string
	// OwnerOnly means that {id} names a person, and that only that person and operators may ask or command.
	OwnerOnly bool
	// In is the struct that the input is parsed into: fields with the tag path or query are parameters, the others are
	// the JSON body. Answer is the type of the answer's body.
	In, Answer reflect.Type
	// Example is an example of the body, as a value of In, or nil.
	Example any

	// IDOf returns the id that the input asks for, "" for none. SetID changes it. Only operations that create have
	// them. Both are nil if the input has no id.
	IDOf  func(in any) string
	SetID func(in any, id string)
	// StreamTypes are the types of Streams.
	StreamTypes []string
	// Streams returns the streams that a decision over several aggregates is about. The caller must have access to the
	// first of them, as many as reached says.
	Streams func(in any) (all []es.StreamID, reached int)
	// ManyStreams means that the number of Streams depends on the input.
	ManyStreams bool
	// Readings are the ways to answer a query. The first whose read model is filled answers, otherwise the last. The
	// audit trail has none.
	Readings []Reading

	runs        runs
	tells       tells
	fault       string
	forEveryone bool
	forQueries  bool // has an option that only queries may have
	otherStream bool // About names an aggregate that is not the document's
}

// Run executes a command. Only commands have it.
//
// Errors: those of the decision; those of [es.Executor.Execute].
func (o *Operation) Run(ctx context.Context, r *Running, q *Request) (*Outcome, error) {
	return o.runs.run(ctx, r, q)
}

// Tell returns what is stored about a person. Only operations that show it have it.
//
// Errors: [es.NotFoundError] if nothing is; a [Refusal] if it does not fit into an answer; those of the stores.
func (o *Operation) Tell(ctx context.Context, r *Running, subject string) (any, error) {
	return o.tells.tell(ctx, r, subject)
}

// What an operation does is a method of an interface, not a function in a field. The linker drops methods that a
// program never calls, so only the function that takes commands contains the code of all commands.
type (
	runs interface {
		run(ctx context.Context, r *Running, q *Request) (*Outcome, error)
	}
	reads interface {
		read(ctx context.Context, s *projection.Session, q *Question) (any, error)
	}
	tells interface {
		tell(ctx context.Context, r *Running, subject string) (any, error)
	}
	replays interface {
		replay(ctx context.Context, store es.Reader, id string, at es.Point) (any, error)
	}
)

// Request is a command to execute. In points to a value of the operation's In.
type Request struct {
	// ID is the id of the aggregate that is created or changed.
	ID      string
	Command es.Command
	Caller  Caller
	In      any
	// Shows reports whether the answer may show a stream. If nil, it may show all.
	Shows func(es.StreamID) bool
}

// Outcome is the result of a command.
type Outcome struct {
	// Streams are the streams of the answer, at the versions after the command.
	Streams []es.StreamVersion
	// Answer is the answer's body.
	Answer any
}

// Question is a query to answer. In points to a value of the operation's In.
type Question struct {
	ID string
	In any
	// Limit is the largest number of items in a page. The session has the cursor.
	Limit int
	// Tokens are the streams that lists must show as they are now: those that the caller waited for.
	Tokens []es.StreamID
	// SQL are the tables of read models in SQL, nil if the deployment has none.
	SQL SQLTables
	// Search searches in read models, nil if the deployment has none in OpenSearch. Cursor is where the page begins,
	// for an answer whose cursors are not the session's: see [Reading.PagesItself].
	Search SendSearch
	Cursor string
}

// Reading answers queries from one read model.
type Reading struct {
	// Projection is the read model's name.
	Projection string
	// Indexed is true if it reads a list over an index, and therefore also the documents that its caller waited for.
	Indexed bool
	// Needs is the store that alone can answer, empty if any can.
	Needs Store

	reads   reads
	replays replays
}

// PagesItself reports whether the cursors of the answer's pages are not those of the session.
func (r Reading) PagesItself() bool { return r.Needs == Search }

// Read returns the answer's body. The body of a list is a [Paged].
//
// Errors: [es.NotFoundError]; [projection.ErrCursor]; the view's.
func (r Reading) Read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	return r.reads.read(ctx, s, q)
}

// Replays reports whether the answer can be made from the events: see Replay.
func (r Reading) Replays() bool { return r.replays != nil }

// Replay returns what Read would have returned at a point in the past, from the events.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError]; those of [es.Reader].
func (r Reading) Replay(ctx context.Context, store es.Reader, id string, at es.Point) (any, error) {
	return r.replays.replay(ctx, store, id, at)
}

// Option adjusts an operation.
type Option interface{ addToOperation(o *Operation) }

type option func(o *Operation)

func (f option) addToOperation(o *Operation) { f(o) }

// Named gives an operation its id in the OpenAPI document, in kebab case, and its summary. Otherwise the operation is
// named after its route.
func Named(id, summary string) Option {
	return option(func(o *Operation) { o.ID, o.Summary = id, summary })
}

// Example gives an operation an example of its body, for documents and the local runner.
func Example[B any](body B) Option { return option(func(o *Operation) { o.Example = body }) }

var (
	// Operators restricts an operation to operators.
	Operators Option = option(func(o *Operation) { o.Scope = ToOperate })
	// OwnerOnly means that {id} in the path of a query, or of [CreateOrChange], names a person: it is the subject of
	// that person's token. Only that person and operators may ask, or create and change. Access to documents of the
	// aggregate does not follow from it: see [OwnedBy].
	OwnerOnly Option = option(func(o *Operation) { o.OwnerOnly = true })
	// ForEveryone means that {id} in the path of a query names neither a stream nor a person: every caller with the
	// scope may ask.
	ForEveryone Option = option(func(o *Operation) {
		o.forEveryone, o.forQueries = true, true
	})
)

// About means that {id} in the path of a list or a query names a stream of an aggregate. Only callers who may read the
// stream may ask. A document is always about its stream.
func About[S, E any](a es.Aggregate[S, E]) Option {
	return option(func(o *Operation) {
		o.otherStream = o.StreamType != "" && o.StreamType != a.StreamType
		o.StreamType, o.forQueries = a.StreamType, true
	})
}

// UntilFilled answers a query with another query until its read model is filled: with one on a read model that it
// replaces. The route of that other query is empty. Input and answer are the same.
func UntilFilled(former Part) Option {
	return option(func(o *Operation) {
		o.forQueries = true
		other, is := former.(*operationPart)
		if !is || len(other.Readings) == 0 {
			o.fault = "annals.UntilFilled takes a query, such as annals.Document(\"\", ...)"
			return
		}
		if other.Answer != o.Answer || other.In != o.In {
			o.fault = "annals.UntilFilled: the former query has another input or answer"
		}
		if other.fault != "" {
			o.fault = "annals.UntilFilled: " + other.fault
		}
		if other.StreamType != "" && other.StreamType != o.StreamType && o.StreamType != "" {
			o.fault = "annals.UntilFilled: the former query is about streams of " + other.StreamType +
				", this one about those of " + o.StreamType
		}
		o.Readings = append(o.Readings, other.Readings...)
	})
}

// operationPart adds an operation to a service.
type operationPart struct {
	Operation
	reads   projection.Projection
	options []Option
}

// newOperation is the operation of a route.
func newOperation(route string, kind Kind, o Operation, options []Option) *operationPart {
	o.Kind = kind
	o.Method, o.Path, _ = strings.Cut(route, " ")
	o.Parameters = parametersOf(o.Path)
	o.Scope = ToQuery
	if kind.Commands() {
		o.Scope = ToCommand
	}
	return &operationPart{Operation: o, options: options}
}

// broken is an operation that has a mistake.
func broken(route string, kind Kind, fault string) *operationPart {
	return newOperation(route, kind, Operation{fault: fault}, nil)
}

const (
	noProjection = "the projection is nil: an initialization cycle, or a variable that is set later?"
	noDecision   = "decide is nil: pass a function of state and body that returns events"
)

func parametersOf(path string) (names []string) {
	for segment := range strings.SplitSeq(path, "/") {
		if name, is := strings.CutPrefix(segment, "{"); is {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

func (p *operationPart) addTo(s *Service) {
	o := p.Operation
	for _, option := range p.options {
		if isNil(option) {
			o.fault = "an option is nil: pass what a function of package annals returned"
			continue
		}
		option.addToOperation(&o)
	}
	if o.ID == "" {
		o.ID = nameOf(o.Method, o.Path)
	}
	if p.reads != nil {
		s.reading = append(s.reading, p.reads)
	}
	s.Operations = append(s.Operations, &o)
}

// nameOf names an operation after its route: "post-orders-id-place".
func nameOf(method, path string) string {
	words := strings.FieldsFunc(strings.ToLower(method+path), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}
