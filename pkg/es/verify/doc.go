// Package verify finds changes that were made to an event store behind its back. Start with [Store] to check all
// streams, or [Stream] to check one.
//
// It computes the hash of each commit again, and compares the commit with the one before it: the version must follow,
// prev must be that commit's hash, and the time must be later. All commits of an append to several streams must be
// there. If the hash of a commit is also recorded elsewhere (in a projection's checkpoint, a snapshot, an exported
// anchor), give that as a [Witness], and it is compared with the stream.
//
// # What stays undetectable
//
// The hashes have no key: everybody who can write to the table can compute them. So these changes are not found:
//
//   - A stream's last commits were removed, or rewritten with recomputed hashes, and no witness has one of the original
//     commits. (If such a commit was part of an append to several streams, its siblings show that it is missing.)
//   - A whole stream was removed, and no witness names it.
//   - A commit was added at a stream's end, or a whole stream, with correct hashes. It looks like one that the
//     application appended. (An earlier anchor shows that it is newer.)
//   - The witnesses were changed in the same way. Keep signed anchors where those who can write to the table cannot
//     change them.
//   - Attributes of an item that no reader uses were changed. docs/format.md lists them.
//
// The checks read strongly consistent: they cost one read unit per 4 KB stored.
package verify
