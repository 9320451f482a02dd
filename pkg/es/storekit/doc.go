// Package storekit helps to write an event store: an implementation of [es.Store], [es.Scanner] or [es.SnapshotStore].
//
// Start with [Seal] and [Build]: a store makes its heads with its own Seal, and turns each [es.Append] into commits
// with Build. Test the store with package storetest. Package memstore is the shortest example.
package storekit
