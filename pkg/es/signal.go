package es

// Signal is something that happens on the way of a decision, for whoever counts such things.
type Signal int

// The signals.
const (
	// Conflicted says that an append lost to another writer's.
	Conflicted Signal = iota
	// DecidedAgain says that a decision is made once more: after a conflict, or because it rested on what was in memory and
	// stored nothing.
	DecidedAgain
	// Repeated says that a command had been done before.
	Repeated
	// StateCacheHit says that a decision found a state in [RepositoryConfig.StateCache], StateCacheMiss that it read the
	// stream.
	StateCacheHit
	StateCacheMiss
	// SnapshotHit says that a stream was folded on from its snapshot, SnapshotMiss that there was none, SnapshotUnused that
	// it could not be used, so that the whole stream was folded.
	SnapshotHit
	SnapshotMiss
	SnapshotUnused
)
