// Package scaffold writes a service of one's own, and new parts of one: aggregates, read models and reactions. Start
// with [NewService].
package scaffold
