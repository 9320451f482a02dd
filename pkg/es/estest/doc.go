// Package estest tests aggregates: given what happened, when a decision is made, then these events happen or this error.
//
//	doors := estest.For(door.Aggregate)
//	doors.Given(door.Opened{By: "Ada"}).When(door.State.Lock).ThenError(t, door.ErrOpen)
//
// Besides what a test asks for, the kit checks what every aggregate must keep to: events, given and new, come back from
// their stored form as they were; a decision leaves the state that it looks at alone; it returns events or an error, never
// both; and what it returns fits into one commit.
//
// Package memstore has a whole store in memory for tests of more than one aggregate.
package estest
