// Package verify checks that nobody changed what an event store holds: one stream, or all of them.
//
// Each commit is hashed again, and compared with the one before it: its version follows, its prev is that one's hash, its
// time is later. The commits of one append to several streams must all be there. Where somebody else remembers a commit's
// hash (a projection's checkpoint, a snapshot, an exported anchor), that [Witness] is compared with the stream.
//
// # What stays undetectable
//
// The hashes have no key: whoever may write to the table can compute them.
//
//   - A stream rewritten from some commit on with recomputed hashes, or without its last commits, where no witness
//     remembers one of the commits that are gone. A commit that was part of an append to several streams is missed by its
//     siblings.
//   - A stream that is gone as a whole, where no witness names it.
//   - A commit added at a stream's end, or a whole new stream, by somebody who computed the hashes: it is as good as one
//     that the application appended. (An anchor made before says that it is newer.)
//   - Anything, where the witnesses were changed in the same way. Keep signed anchors out of reach of those who can write
//     to the table.
//   - Attributes of an item that no reader looks at. A list of them is in docs/format.md.
//
// Reading strongly consistent, the checks cost a read unit for each 4 KB stored.
package verify
