// Package estest tests aggregates and projections. Of an aggregate: given what happened, when a decision is made, then these events happen or this error.
//
//	doors := estest.For(door.Aggregate)
//	doors.Given(door.Opened{By: "Ada"}).When(door.State.Lock).ThenError(t, door.ErrOpen)
//
// Besides what a test asks for, the kit checks what every aggregate must keep to: events, given and new, come back from
// their stored form as they were; a decision leaves the state that it looks at alone; it returns events or an error, never
// both; and what it returns fits into one commit.
//
// Of a projection: given these events, these are its rows; and [Chaos] delivers them as badly as it can, and wants the same.
//
//	estest.Project(t, visits, door.Events).
//		Given(hall, door.Opened{By: "Ada"}).
//		State(hall, Visits{OpenedBy: "Ada"}).
//		Chaos()
//
// Package memstore has a whole store in memory for tests of more than one aggregate.
package estest
