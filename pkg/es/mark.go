package es

// Mark is what somebody remembers of a commit: a snapshot, or a projection's checkpoint.
type Mark struct {
	// StreamVersion is a version in the commit.
	StreamVersion
	// Hash is the commit's.
	Hash []byte
}
