// Package cacheview stores projections in Redis or Valkey: on ElastiCache, on MemoryDB, or on any other server, with or
// without cluster mode. Start with [New]. It holds documents, their lists over an index, and counters. It holds no own
// rows and no append rows, and refuses them with [projection.ErrRefused].
//
// Each call is one script, which the server runs as a whole. So checkpoint, document, lists and counters change
// together. Round trips, with one more where a server does not know the script yet:
//
//	Save, Park, Seen, Prepare, Drop  1, however many streams and rows
//	Checkpoints, Rows                1 for each 250 streams or rows
//	List                             1 for each page, of at most 250 rows
//	Parked, Keys                     1 for each 250
//
// All reads are strongly consistent, those of lists over an index too: the client sends scripts to the primary alone.
//
// # What a cache can lose
//
// A server that restarts without its data, is flushed, or evicts a key has lost a generation: all calls return
// [projection.ErrLost], and the engine builds another one from the events. Let the server not evict: its
// maxmemory-policy must be noeviction, or one of volatile keys alone, because no key here expires. A server that is out
// of memory is an outage then: nothing is lost, Drop frees memory, and the engine goes on where it was.
//
// A replica that takes over may lack the last calls, but never a part of one. So checkpoints still say what their
// documents, lists and counters hold. Processes that know a newer checkpoint are refused with [projection.ErrStale],
// read the stored one, and apply again what is missing; reconciliation finds streams that have no further events. A
// higher epoch can be missing, too: after forgetting a person, look whether a replica has taken over, and forget again
// if so. MemoryDB does not answer before several zones have a call, so nothing is missing there. A primary that is cut
// off from the others answers reads until it notices that.
//
// # Sizes
//
// A generation is nine keys with one hash tag, {projection:generation}. So it is on one shard of a cluster, and in its
// memory; projections and generations spread over the shards. Resharding moves a key as a whole: ElastiCache moves none
// above 256 MB while it serves. Scale up for larger projections, or make the shards before a rebuild. A dropped
// generation leaves one small key, so that no late process brings it back.
package cacheview
