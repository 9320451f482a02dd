package es

// CommitRef refers to a commit by a version and the commit's hash, as snapshots and checkpoints do.
type CommitRef struct {
	// StreamVersion is a version in the commit.
	StreamVersion
	// Hash is the hash of the commit.
	Hash []byte
}
