package es

import "time"

// Entity is an aggregate that takes part in a decision.
type Entity[S, E any] struct {
	// State is the aggregate's state, including the events recorded so far.
	State S

	repository *Repository[S, E]
	from       Head
	commands   knownCommands
	recorded   []E
	raw        []RawEvent // recorded, encoded by write
	owner      string     // the stream's owner, "" if it is not known yet
	until      time.Time  // when State must be forgotten, zero = never
	last       *Commit    // the last commit folded into State, nil if State came from a cache or snapshot
}

// Version returns the aggregate's version before the decision.
func (e *Entity[S, E]) Version() int64 { return e.from.Version() }

// Expect checks that the aggregate is at the version that the caller expects. nil means any version.
//
// Errors: [VersionMismatchError]; return it from the decision.
func (e *Entity[S, E]) Expect(version *int64) error {
	if version != nil && *version != e.from.Version() {
		return &VersionMismatchError{Stream: e.from.Stream(), Expected: *version, Actual: e.from.Version()}
	}
	return nil
}

// Record applies events to State. They are stored with the decision.
func (e *Entity[S, E]) Record(events ...E) {
	for _, event := range events {
		e.repository.aggregate.Evolve(&e.State, event)
	}
	e.recorded = append(e.recorded, events...)
}

func (e *Entity[S, E]) head() Head { return e.from }

func (e *Entity[S, E]) write(tx *Tx) (Write, error) {
	var err error
	a := &e.repository.aggregate
	if e.from.Version() == 0 && len(e.recorded) > 0 && a.Events.HasPersonal() { // later commands need not read it
		if _, err = e.ownerIn(tx); err != nil {
			return Write{}, err
		}
	}
	e.raw, err = a.encode(e.recorded, func() (string, error) { return e.ownerIn(tx) })
	return Write{Head: e.from, Events: e.raw}, err
}

// ownerIn returns the owner of the stream, which may be about to get its first event. After a snapshot was loaded, it
// reads the stream's first commit.
func (e *Entity[S, E]) ownerIn(tx *Tx) (string, error) {
	a := &e.repository.aggregate
	switch {
	case e.owner != "":
		return e.owner, nil
	case e.from.Version() > 0:
		for c, err := range tx.store.Read(tx.ctx, e.from.Stream(), Range{To: 1}) {
			if err == nil {
				e.owner, err = a.ownerOf(&c)
			}
			return e.owner, err
		}
	case a.Owner != nil:
		e.owner = a.Owner(e.recorded[0], tx.cmd.Meta)
	default:
		e.owner = tx.cmd.Meta.Actor
	}
	return e.owner, nil
}

// stored puts the state after the commit into the state cache.
func (e *Entity[S, E]) stored(s Stored) {
	e.commands.add(&s.Commit, e.repository.horizon)
	e.repository.keep(folded[S]{
		state: e.State, head: s.Head, commands: e.commands, owner: e.owner, until: s.keepUntil(e.until),
	})
}

func (e *Entity[S, E]) result(stream StreamID, replayed bool) Result[S] {
	version, events := e.from.Version(), e.raw
	if replayed {
		version, events = e.last.Version-1, e.last.Events
	}
	out := Result[S]{Stream: stream, State: e.State, Replayed: replayed, Events: make([]EventRef, len(events))}
	for i, raw := range events {
		version++
		out.Events[i] = EventRef{Type: raw.Type, Version: version}
	}
	out.Version = version
	return out
}
