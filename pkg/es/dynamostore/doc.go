// Package dynamostore is an event store on a DynamoDB table: each commit is one item. Start with [New] and a table with
// the keys of [EventsTable]; [NewSnapshots] stores snapshots in a second table. An append to one stream is one
// conditional PutItem; an append to several streams, or with rows of a [Companion], is one TransactWriteItems.
//
// An item has the attributes stream (S), version (N), count (N), id (S), at (S), events (L of M: type, schema, data),
// types (SS), meta (M), command (M), prev (B), hash (B) and siblings (L of M: stream, version). Empty attributes are
// omitted. If compression saves a write unit, the events have no data, and zdata (B) holds all of it. docs/format.md
// has the details.
package dynamostore
