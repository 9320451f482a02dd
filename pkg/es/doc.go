// Package es is event sourcing for Go: aggregates decide what happens next, and a store keeps their events in streams,
// without gaps or overlaps. Start with [Aggregate] and [Open]; the package example is a complete program in memory.
//
// The parts, from the bottom:
//
//   - [StreamID], [RawEvent], [Commit]: what is stored. All events of one append are one commit.
//   - [Head] and [Store]: where a stream ends, and appending to exactly that end (optimistic concurrency).
//   - [Registry]: the stable names under which a domain's event types are stored.
//   - [Aggregate] and [Repository]: a state folded from events, and load, decide, append with retries that decide
//     again.
//   - [Executor] and [Tx]: one decision over several streams, stored on all of them or on none.
//
// Package memstore stores streams in memory, package dynamostore in DynamoDB. Authors of other stores start with
// package storekit.
//
// # Programming mistakes and errors
//
// A declaration never panics and returns no error, so it can be a package variable: [NewRegistry], [Registry.Upcast],
// [Aggregate], projection.New, reaction.New. Its Check method returns all mistakes in it. A configuration that can hold
// invalid values has a Check method too.
//
// A constructor that takes declarations or configurations, such as [Open] or projection.NewEngine, is called once, when
// a process starts. It either returns the error of Check or panics with it; its comment says which. To get an error
// instead of a panic, call Check first.
//
// All other functions return errors. Each error is listed in the function's comment and can be matched with [errors.Is]
// or [errors.As]. A panic in a function that the application passed, such as [Aggregate].Evolve, becomes an error too.
//
// # Logs
//
// Each configuration of a type that logs has a field Log, a [slog.Logger]. If it is nil, slog.Default is used. Event
// payloads are never logged.
package es
