package es

// Entity is an aggregate inside a decision.
type Entity[S, E any] struct {
	// State is the aggregate's state, with what was recorded so far.
	State S

	aggregate *Aggregate[S, E]
	from      Head
	recorded  []E
	raw       []RawEvent // recorded, encoded by write
	stored    *Commit    // the last commit folded into State
}

// Version is the aggregate's version before the decision.
func (e *Entity[S, E]) Version() int64 { return e.from.Version() }

// Record says that events happen to the aggregate: they change its state here, and are stored if the decision is.
func (e *Entity[S, E]) Record(events ...E) {
	for _, event := range events {
		e.aggregate.Evolve(&e.State, event)
	}
	e.recorded = append(e.recorded, events...)
}

func (e *Entity[S, E]) head() Head { return e.from }

func (e *Entity[S, E]) write() (Write, error) {
	var err error
	e.raw, err = e.aggregate.encode(e.recorded)
	return Write{Head: e.from, Events: e.raw}, err
}

func (e *Entity[S, E]) result(stream StreamID, replayed bool) Result[S] {
	version, events := e.from.Version(), e.raw
	if replayed {
		version, events = e.stored.Version-1, e.stored.Events
	}
	out := Result[S]{Stream: stream, State: e.State, Replayed: replayed, Events: make([]EventRef, len(events))}
	for i, raw := range events {
		version++
		out.Events[i] = EventRef{Type: raw.Type, Version: version}
	}
	out.Version = version
	return out
}
