package es

// CommitRef identifies a commit by a version and the commit's hash, as in snapshots and checkpoints.
type CommitRef struct {
	// StreamVersion is the stream and any version within the commit.
	StreamVersion
	// Hash is the hash of the commit.
	Hash []byte
}
