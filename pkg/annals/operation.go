package annals

import (
	"context"
	"reflect"
	"strings"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Scope is what a caller's token must allow. Its whole name begins with the service's: see [Service.ScopeOf].
type Scope string

// The scopes. A caller with the scope to operate may act on every stream. It still needs the
// route's own scope.
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
)

// Commands tells whether operations of the kind are commands. The others are queries.
func (k Kind) Commands() bool {
	return k == Creates || k == CreatesOrChanges || k == Changes || k == Transacts
}

// Operation is one route of the service, without its types. What it does is a function; how it is asked and answered
// over HTTP is the edge's.
type Operation struct {
	// ID is the operation's id, unique, in kebab case. Summary is one line.
	ID, Summary string
	Kind        Kind
	Method      string
	// Path has its parameters in braces: "/accounts/{id}/deposits". Parameters are their names in order.
	Path       string
	Parameters []string
	Scope      Scope
	// StreamType is the type of the streams that {id} names, or of those that are created. "" = {id} names no stream.
	StreamType string
	// OwnerOnly: {id} names a person, and only they and operators may ask or command.
	OwnerOnly bool
	// In is the struct that the input is parsed into: fields with the tag path or query are parameters, the others are the
	// JSON body. Answer is the type of the answer's body.
	In, Answer reflect.Type
	// Example is a body that the operation takes, as a value of In, or nil.
	Example any

	// IDOf is the id that the input asks for, "" for none, and SetID changes it. They are those of operations that create;
	// of one whose input has no id, both are nil.
	IDOf  func(in any) string
	SetID func(in any, id string)
	// StreamTypes are the types of Streams.
	StreamTypes []string
	// Streams are those that a decision over several aggregates is about. The caller must have access to the first ones,
	// as many as reached says.
	Streams func(in any) (all []es.StreamID, reached int)
	// ManyStreams: how many Streams there are depends on the input.
	ManyStreams bool
	// Readings are how a query is answered: by the first whose read model is filled, else by the last. The audit trail has
	// none.
	Readings []Reading

	runs        runs
	fault       string
	forEveryone bool
	forQueries  bool // an option was given that only queries take
	otherStream bool // About names another aggregate than the document's
}

// Run does a command. Only commands have it.
//
// Errors: those of the decision; those of [es.Executor.Execute].
func (o *Operation) Run(ctx context.Context, r *Running, q *Request) (*Outcome, error) {
	return o.runs.run(ctx, r, q)
}

// What an operation does is an interface's method, not a function in a field: the linker leaves methods out that a
// program never calls, so that only the function that takes commands holds the code of all commands.
type (
	runs interface {
		run(ctx context.Context, r *Running, q *Request) (*Outcome, error)
	}
	reads interface {
		read(ctx context.Context, s *projection.Session, q *Question) (any, error)
	}
	replays interface {
		replay(ctx context.Context, store es.Reader, id string, at es.Point) (any, error)
	}
)

// Request is a command to do. In points to a value of the operation's In.
type Request struct {
	// ID is that of the aggregate that is created or changed.
	ID      string
	Command es.Command
	Caller  Caller
	In      any
	// Shows tells whether the answer may show a stream. Nil: it may show all.
	Shows func(es.StreamID) bool
}

// Outcome is what a command did.
type Outcome struct {
	// Streams are those that the answer is about, at the versions that the command left them at.
	Streams []es.StreamVersion
	// Answer is the answer's body.
	Answer any
}

// Question is a query to answer. In points to a value of the operation's In.
type Question struct {
	ID string
	In any
	// Limit is the most items in a page. The session has the cursor.
	Limit int
	// Tokens are the streams that lists must show as they are: those that the caller waited for.
	Tokens []es.StreamID
}

// Reading answers queries by one read model.
type Reading struct {
	// Projection is the read model's name.
	Projection string
	// Indexed: it reads a list over an index, and with it the documents of the streams that its caller waited for.
	Indexed bool

	reads   reads
	replays replays
}

// Read returns the answer's body. That of a list is [Paged].
//
// Errors: [es.NotFoundError]; [projection.ErrCursor]; the view's.
func (r Reading) Read(ctx context.Context, s *projection.Session, q *Question) (any, error) {
	return r.reads.read(ctx, s, q)
}

// Replays tells whether the answer can be made from the events: see Replay.
func (r Reading) Replays() bool { return r.replays != nil }

// Replay returns what Read would, as it was at a point, from the events.
//
// Errors: [es.NotFoundError], [es.VersionNotFoundError]; those of [es.Reader].
func (r Reading) Replay(ctx context.Context, store es.Reader, id string, at es.Point) (any, error) {
	return r.replays.replay(ctx, store, id, at)
}

// Option adjusts an operation.
type Option interface{ addToOperation(o *Operation) }

type option func(o *Operation)

func (f option) addToOperation(o *Operation) { f(o) }

// Named gives an operation its id in the OpenAPI document, in kebab case, and its summary. An operation that has none
// is named after its route.
func Named(id, summary string) Option {
	return option(func(o *Operation) { o.ID, o.Summary = id, summary })
}

// Example is a body that the operation takes: for documents and the local runner.
func Example[B any](body B) Option { return option(func(o *Operation) { o.Example = body }) }

var (
	// Operators opens an operation to operators alone.
	Operators Option = option(func(o *Operation) { o.Scope = ToOperate })
	// OwnerOnly says that {id} in the path of a query, or of [CreateOrChange], is a person's: the subject of their token.
	// Only they and operators may ask, or create and change, whoever created the aggregate. Documents of the aggregate are
	// its creator's all the same: see [OwnedBy].
	OwnerOnly Option = option(func(o *Operation) { o.OwnerOnly = true })
	// ForEveryone says that {id} in the path of a query names neither a stream nor a person: whoever has the scope may ask.
	ForEveryone Option = option(func(o *Operation) {
		o.forEveryone, o.forQueries = true, true
	})
)

// About says that {id} in the path of a list or a query names a stream of an aggregate: only who may read the stream may
// ask. A document is about its stream anyway.
func About[S, E any](a es.Aggregate[S, E]) Option {
	return option(func(o *Operation) {
		o.otherStream = o.StreamType != "" && o.StreamType != a.StreamType
		o.StreamType, o.forQueries = a.StreamType, true
	})
}

// UntilFilled says how a query is answered until its read model is filled: as another query is, on a read model that it
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
			o.fault = "annals.UntilFilled: the former query is about streams of " + other.StreamType + ", this one about those of " + o.StreamType
		}
		o.Readings = append(o.Readings, other.Readings...)
	})
}

// operationPart is an operation to be added to a service.
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

// broken is an operation that can't be made.
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
