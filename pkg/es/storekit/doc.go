// Package storekit is for authors of event stores: implementations of [es.Store], [es.Scanner] and [es.SnapshotStore].
//
// A store makes its heads with a [Seal] of its own, and turns each [es.Append] into commits with [Build]. Package storetest
// checks the result. Packages memstore and dynamostore are written with it.
package storekit
