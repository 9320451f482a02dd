package annals

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// DeclaredReaction is a reaction of a service, or a timer: see [Deadlines]. A table of its name holds its checkpoints.
type DeclaredReaction struct {
	// Name is the reaction's stable name, in kebab case.
	Name string
	// StreamTypes are the types of the streams whose events it reacts to.
	StreamTypes []string
	// Deadlines is true if it asks for deadlines, Process if it is a process.
	Deadlines, Process bool

	reacting []reacting
	process  string // the type of the process's streams
}

// IsTimer reports whether it runs as a timer: see [DeclaredReaction.Timer].
func (d *DeclaredReaction) IsTimer() bool { return d.Deadlines || d.Process }

// Sources are the sources of the reaction in a running service.
func (d *DeclaredReaction) Sources(r *Running) []reaction.Source {
	all := make([]reaction.Source, len(d.reacting))
	for i, one := range d.reacting {
		all[i] = one.source(r)
	}
	return all
}

// reacting is what a reaction reads from the streams of one type. It is an interface for the linker: see [Operation].
type reacting interface {
	source(r *Running) reaction.Source
}

type reactionPart struct {
	name, streamType string
	reacting
	// process is the type of the streams of the process that it is part of, or "".
	process string
}

// React declares a reaction. It runs after each event that has the type of one of the prototypes, or after every event
// if there are none. react decides on the aggregates as they are then. The events that it records are stored once for
// each event, however often the event is delivered. Several React parts with one name are one reaction, to the events
// of several aggregates.
//
// A reaction runs in the reactor function, which has no read models and no secrets: it loads aggregates, and calls
// other systems by clients, see [Client]. Its caller is an operator.
func React[S, E any](
	name string, a es.Aggregate[S, E], react func(*Tx, projection.Event[E]) error, prototypes ...E,
) Part {
	if react == nil {
		return mistake(fmt.Sprintf("reaction %q: its function is nil", name))
	}
	return reactionPart{name, a.StreamType, &reactingTo[S, E]{name, a, react, prototypesOf(prototypes)}, ""}
}

type reactingTo[S, E any] struct {
	name      string
	aggregate es.Aggregate[S, E]
	react     func(*Tx, projection.Event[E]) error
	types     []any
}

func (t *reactingTo[S, E]) source(r *Running) reaction.Source {
	return reaction.From(t.aggregate, t.handler(r))
}

func (t *reactingTo[S, E]) handler(r *Running) reaction.Handler {
	do := func(ctx context.Context, e projection.Event[E], cmd es.Command) error {
		caller := NewCaller(reaction.ActorPrefix+t.name, true)
		_, err := r.Decide(ctx, cmd, caller, func(tx *Tx) error { return t.react(tx, e) })
		return err
	}
	if len(t.types) == 0 {
		return reaction.On(do)
	}
	return reaction.OnTypes(func(ctx context.Context, e projection.Event[any], cmd es.Command) error {
		return do(ctx, projection.EventAs[E](e), cmd)
	}, t.types...)
}

func prototypesOf[E any](all []E) []any {
	types := make([]any, len(all))
	for i, prototype := range all {
		types[i] = prototype
	}
	return types
}

// kind says what the part belongs to.
func (p reactionPart) kind() string {
	if p.process != "" {
		return "process"
	}
	if _, is := p.reacting.(executing); is {
		return "timer"
	}
	return "reaction"
}

func (p reactionPart) addTo(s *Service) {
	if !kebab(p.name) {
		s.wrong("%s %q: its name must be in kebab case, such as \"reserve-stock\"", p.kind(), p.name)
	}
	at := slices.IndexFunc(s.Reactions, func(r *DeclaredReaction) bool { return r.Name == p.name })
	if at < 0 {
		at = len(s.Reactions)
		s.Reactions = append(s.Reactions, &DeclaredReaction{Name: p.name})
	}
	r := s.Reactions[at]
	if slices.Contains(r.StreamTypes, p.streamType) {
		s.wrong("%s %s is declared twice for %s: name all its events in one part", p.kind(), p.name, p.streamType)
	}
	does, executes := p.reacting.(executing)
	timer := executes || p.process != ""
	if len(r.reacting) > 0 && (timer != r.IsTimer() || r.process != p.process) {
		s.wrong("%s is declared as a reaction, as deadlines or as a process, and as another of these: "+
			"give each a name of its own", p.name)
	}
	r.Process, r.process = p.process != "", p.process
	r.Deadlines = r.Deadlines || executes && does.asks()
	if slices.Contains(r.StreamTypes, p.streamType) {
		s.wrong("%s %s is declared twice for %s: name all its events in one part", p.kind(), p.name, p.streamType)
	}
	_, asks := p.reacting.(executing)
	asks = asks || p.process != ""
	if (asks != r.Deadlines || r.Process != (p.process != "")) && len(r.reacting) > 0 {
		s.wrong("%s is declared as a reaction, as deadlines or as a process, and as another of these: "+
			"give each a name of its own", p.name)
	}
	r.Deadlines, r.Process = asks, p.process != ""
	r.StreamTypes, r.reacting = append(r.StreamTypes, p.streamType), append(r.reacting, p.reacting)
}

// completeReactions checks that the aggregates of reactions and of public events are declared.
func (s *Service) completeReactions() {
	for _, r := range s.Reactions {
		for _, streamType := range r.StreamTypes {
			if s.Aggregate(streamType) == nil {
				s.wrong("reaction %s: aggregate %s is not declared: add annals.Aggregate", r.Name, streamType)
			}
		}
	}
	for _, p := range s.Public {
		if s.Aggregate(p.StreamType) == nil {
			s.wrong("annals.Publish: aggregate %s is not declared: add annals.Aggregate", p.StreamType)
		}
	}
}

type publicPrefix string

// PublicPrefix is the beginning of the types of the service's public events, such as "org.example.shop.". Default: the
// service's name and a dot. Consumers depend on it: choose it before the first deployment.
func PublicPrefix(prefix string) Part { return publicPrefix(prefix) }

func (p publicPrefix) addTo(s *Service) {
	if !strings.HasSuffix(string(p), ".") {
		s.wrong("the prefix %q of public events must end with a dot", string(p))
	}
	s.PublicPrefix = string(p)
}

type publicPart struct{ public publish.Public }

// Publish declares which events of an aggregate are published: those that have the type of one of the prototypes. data
// returns the public form of an event of the aggregate with an id. If data returns nil, the event is not published.
func Publish[S, E any](
	a es.Aggregate[S, E], data func(id string, event E) (publish.Data, error), prototypes ...E,
) Part {
	types := prototypesOf(prototypes)
	if data == nil || slices.Contains(types, nil) {
		return mistake("annals.Publish of " + a.StreamType + ": data or a prototype is nil")
	}
	return publicPart{publish.Of(a, data, types...)}
}

func (p publicPart) addTo(s *Service) {
	if slices.ContainsFunc(s.Public, func(o publish.Public) bool { return o.StreamType == p.public.StreamType }) {
		s.wrong("annals.Publish is declared twice for %s: list all its public events in one", p.public.StreamType)
	}
	s.Public = append(s.Public, p.public)
}
