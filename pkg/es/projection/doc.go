// Package projection builds read models from event streams: folds that write rows, each with a checkpoint that is
// stored in the same write, so every event counts exactly once, however often and in whatever order it is delivered.
//
// Declare a projection with [New]: what it reads ([From]), how it handles each type of event ([On]), and its lists. An
// [Engine] applies delivered commits to projections, and leaves longer work to a [Queue]. A stream that can't be folded
// is parked: it alone waits. A [Rebuilder] builds a new generation of rows beside the serving one, compares it with the
// events, and swaps them. A [Reader] reads the serving generation. Package reaction answers events with commands
// instead of rows.
package projection
