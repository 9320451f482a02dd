// Package projection keeps read models in step with event streams: folds that write rows, each with a checkpoint that is
// stored in the same write, so that every event counts exactly once however often and in whatever order it is delivered.
package projection
