// Package peers measures Annals beside other ways to keep events on DynamoDB, in one run on DynamoDB Local:
// `make bench-peers`. Start with operations, which lists what is measured, and system, which is one way to do it.
//
// It is a module of its own, so that what peers depend on stays out of the main module. docs/comparison.md has the
// results.
package peers
