// Package memview keeps projections in memory: the same contract as the views and the catalog on DynamoDB, for tests and
// examples.
package memview
