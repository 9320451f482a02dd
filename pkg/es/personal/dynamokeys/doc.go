// Package dynamokeys stores keys of subjects on a DynamoDB table. Start with [New] and a table with the keys of
// [Table]. Encrypt the table at rest with a key of your own, and keep its point-in-time recovery short: a forgotten
// subject's key can be restored for as long.
//
// A subject's items are its key or tombstone, and one note for each stream that may hold data about it. docs/format.md
// has the details. Every read is strongly consistent.
package dynamokeys
