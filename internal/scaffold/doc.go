// Package scaffold writes what a new aggregate needs into a clone of the project: the aggregate with its tests, its routes, and
// a read model; and has the rest of the project know it. The places where that is said have a comment, "annals:new" and a name:
// what is new goes above it. Where a project has no such comment any more, it is told which is missing, and nothing is written.
package scaffold
