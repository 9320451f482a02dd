// Package memview stores projections in memory, for tests and examples. Start with [New] and [NewCatalog]. The contract
// is the same as that of package dynamoview.
package memview
