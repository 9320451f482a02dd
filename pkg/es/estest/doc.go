// Package estest tests aggregates and projections with given/when/then. Start with [For] to test an aggregate: given
// these events, when a decision is made, then these events or this error are returned.
//
//	doors := estest.For(door.Aggregate)
//	doors.Given(door.Opened{By: "Ada"}).When(door.State.Lock).ThenError(t, door.ErrOpen)
//
// The kit also checks rules that hold for every aggregate: events, given and new, are read back unchanged from their
// stored form; a decision does not change the state that it gets; it returns events or an error, never both; and its
// events fit into one commit.
//
// Use [Project] to test a projection: given these events, then these are its rows. [Chaos] delivers the events in
// unfavorable ways and expects the same rows.
//
//	estest.Project(t, visits, door.Events).
//		Given(hall, door.Opened{By: "Ada"}).
//		State(hall, Visits{OpenedBy: "Ada"}).
//		Chaos()
//
// To test several aggregates together, use a store of package memstore.
package estest
