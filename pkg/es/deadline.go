package es

import "time"

// AppendDeadline is the longest time that an append may take, from the moment that becomes the commit's At to the
// store's answer. A longer deadline of the caller's context does not extend it. So the state as of an instant younger
// than AppendDeadline may still change.
const AppendDeadline = 30 * time.Second
