// Package dynamoview keeps projections in DynamoDB: a read table for each, which holds its checkpoints, its rows and its
// counters, all strongly readable.
//
// Partition keys (pk) start with the generation: "1|state|Order#7" holds the checkpoint and state of a stream, under
// the sort key (sk) "-"; "1|parked|" lists the streams that wait; "1|row|…" has rows that a stream owns; "1|list|…"
// rows that a stream appended, each with its epoch; "1|count|…" counters that all streams share. A [Catalog] keeps the
// generations of all projections in another table.
//
// A checkpoint also holds its document's slots, the places of the document in at most two lists: i1p and i1s are the
// partition, which starts with the generation, and the sort key in the first list, i1r is the row that the list shows;
// i2p, i2s and i2r are those in the second. The indexes slot1 and slot2 of the table are the lists. They are eventually
// consistent.
//
// A checkpoint has an epoch from when its stream was first parked. A save is refused if the stored epoch is another
// than that of the checkpoint it rests on. Rises say from which version on each epoch counts.
package dynamoview
