// Package dynamoview keeps projections in DynamoDB: a read table for each, which holds its checkpoints, its rows and its
// counters, all strongly readable.
//
// Partition keys (pk) start with the generation: "1|state|Order#7" holds the checkpoint and state of a stream, under the
// sort key (sk) "-"; "1|parked|" lists the streams that wait; "1|row|…" rows that a stream owns; "1|count|…" counters that all
// streams share. A [Catalog] keeps the generations of all projections in another table.
package dynamoview
