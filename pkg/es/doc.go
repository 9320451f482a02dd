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
package es
