package es

import "time"

// AppendDeadline is how long an append may take at most, from its time to its answer: the state as of an instant
// younger than that may still change. Stores keep to it, whatever the caller's context allows.
const AppendDeadline = 30 * time.Second
