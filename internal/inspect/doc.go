// Package inspect reads a running service for operators: its commits, states and requests, and the progress of its
// projections. Start with [New].
//
// It changes nothing. The names of its JSON members are stable.
package inspect
