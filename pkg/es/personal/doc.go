// Package personal encrypts personal data in events, so that a person can be forgotten although events are never
// changed: deleting the person's key is enough.
//
// Start with [NewStore], which wraps an event store. Mark fields of event types by a struct tag: see [es.Personal].
// Package memkeys stores keys in memory, package dynamokeys on DynamoDB.
package personal
