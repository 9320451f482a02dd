package es

// Limits of an append. Stores check them before they send anything.
const (
	// MaxEvents is the maximum number of events in one commit.
	MaxEvents = 100
	// MaxStreams is the maximum number of streams in one append, written and checked together. It is DynamoDB's limit for
	// one transaction.
	MaxStreams = 100
)
