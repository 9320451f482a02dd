package es

// The limits of an append. Stores enforce them before anything is sent.
const (
	// MaxEvents is the most events in one commit.
	MaxEvents = 100
	// MaxStreams is the most streams in one append, written and checked: what DynamoDB allows in one transaction.
	MaxStreams = 100
)
