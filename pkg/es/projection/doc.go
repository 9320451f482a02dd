// Package projection keeps read models in step with event streams: folds that write rows, each with a checkpoint that is
// stored in the same write, so that every event counts exactly once however often and in whatever order it is delivered.
//
// Declare a projection with [New]: what it reads ([From]), what it does about each type of event ([On]), and its lists. An
// [Engine] feeds it with what is delivered, and leaves to a [Queue] what takes longer. What can't be folded is parked. A [Rebuilder] makes a new generation of rows beside the one that serves, compares it with
// the events, and lets it serve; a [Reader] reads the one that serves. Package reaction answers events with
// commands instead of rows.
package projection
