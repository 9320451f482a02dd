// Package scaffold generates the code of a new service, and of new aggregates, read models and reactions in one. Start
// with [NewService].
package scaffold
