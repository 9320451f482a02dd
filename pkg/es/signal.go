package es

// Signal is an event of interest while a decision runs. [ExecutorConfig].Count receives it, for metrics.
type Signal int

// The signals.
const (
	// Conflicted: an append failed because another writer came first.
	Conflicted Signal = iota
	// DecidedAgain: a decision runs once more, after a conflict, or because it used cached or assumed state and stored
	// nothing.
	DecidedAgain
	// Repeated: the command was already stored.
	Repeated
	// StateCacheHit: a decision found a state in [RepositoryConfig].StateCache. StateCacheMiss: it had to read the stream.
	StateCacheHit
	StateCacheMiss
	// SnapshotHit: a stream was folded from its snapshot. SnapshotMiss: it has no snapshot. SnapshotUnused: its snapshot
	// could not be used, so the whole stream was folded.
	SnapshotHit
	SnapshotMiss
	SnapshotUnused
)
