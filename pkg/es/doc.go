// Package es is event sourcing for Go: streams of immutable events, aggregates that are folded from them and decide
// what happens next, and a store whose appends leave no gap and no overlap.
//
// The parts, from the bottom:
//
//   - [StreamID], [RawEvent], [Commit]: what is stored. All events of one append are one commit.
//   - [Head] and [Store]: where a stream ends, and appending to exactly that end (optimistic concurrency).
//   - [Registry]: the stable names under which a domain's event types are stored.
//   - [Aggregate] and [Repository]: a state folded from events, and load, decide, append with retries that decide again.
//   - [Executor] and [Tx]: one decision over several streams, stored on all of them or on none.
//
// Package memstore keeps streams in memory; package dynamostore keeps them on DynamoDB. Package storekit is for authors of
// other stores.
//
// # Mistakes of the program, and errors
//
// A declaration never panics and returns no error, so it can be a package variable: [NewRegistry], [Registry.Upcast],
// [Aggregate], projection.New, reaction.New. It keeps what is wrong with it; its Check method returns all of that. A
// configuration has a Check method too, if there are values that it can't have.
//
// A constructor that takes declarations or configurations, such as [Open] or projection.NewEngine, is called once, when a
// process starts. Either it returns what Check returns, or it panics with that, as its comment says: call Check before if
// you want an error.
//
// Everything else returns errors, each named in the comment of the function that returns it, for [errors.Is] and
// [errors.As]. A panic of a function that the application passed, such as [Aggregate].Evolve, becomes an error as well.
//
// # Logs
//
// Each configuration of something that logs has a field Log, a [slog.Logger]. If it is nil, slog.Default is used. Payloads
// of events are never logged.
package es
