// Package personal encrypts personal data in events, so that a person can be forgotten although events are never
// changed: without the person's key, the values can't be read in the events, in their backups and in exports.
//
// Start with [NewStore], which wraps an event store. Package memkeys stores keys in memory, package dynamokeys on
// DynamoDB. Mark fields of event types by a struct tag:
//
//	type ShippingAddressSet struct {
//		CustomerID string  `json:"customerId"`
//		Address    Address `json:"address" personal:"subject=customerId"`
//	}
//
// The value says whose data the field holds, its subject: "subject=" and the JSON name of a text field of the same
// struct, or "owner" for the stream's owner: see [es.Aggregate]. A second tag, erased, is the JSON value that the field
// has after the subject was forgotten: `erased:"\"(removed)\""`. Without it that is null, so the field decodes to its
// zero value. Values that are null or "" are stored as they are.
//
// Read models and snapshots hold decrypted values. docs/howto/personal-data.md says how to erase those.
package personal
