// Package dynamoview stores projections in DynamoDB: each has a read table with its checkpoints, rows and counters.
// Start with [New] and [NewCatalog]; [ReadTable] and [IndexedReadTable] describe the tables. Reads are strongly
// consistent, except those of lists over an index.
//
// Partition keys (pk) start with the generation. "1|state|Order#7" has the checkpoint and state of a stream, under the
// sort key (sk) "-"; "1|parked|" lists the parked streams; "1|row|…" has rows that a stream owns; "1|list|…" has rows
// that a stream appended, each with its epoch; "1|count|…" has counters that all streams share. A [Catalog] stores the
// generations of all projections in another table.
//
// A checkpoint also has its document's slots, the places of the document in at most two lists. For the first list, i1p
// is the partition, which starts with the generation, i1s is the sort key, and i1r is the row that the list shows. For
// the second list these are i2p, i2s and i2r. The lists are the table's indexes slot1 and slot2, which are eventually
// consistent.
//
// A checkpoint has an epoch once its stream was parked. A save fails if the stored epoch differs from that of the
// checkpoint that the save rests on. Rises say from which version on each epoch counts.
package dynamoview
