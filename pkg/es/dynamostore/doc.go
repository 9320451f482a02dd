// Package dynamostore keeps event streams in a DynamoDB table: one item a commit, appended with one conditional PutItem,
// or with one TransactWriteItems for several streams, or for rows that a companion adds.
//
// An item's attributes are stream (S), version (N), count (N), id (S), at (S), events (L of M: type, schema, data), types
// (SS), meta (M), command (M), prev (B), hash (B) and siblings (L of M: stream, version). Those that would be empty are
// left out. Where compression saves a write unit, the events have no data; zdata (B) has them all. docs/format.md has the
// details.
package dynamostore
