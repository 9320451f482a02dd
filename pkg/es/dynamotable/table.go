// Package dynamotable describes the keys and indexes of DynamoDB tables as plain data. The package that owns a table
// declares its [Table] once; infrastructure code and tests create the table from it.
package dynamotable

// Type is the type of a key attribute, in DynamoDB's spelling.
type Type string

// The types of key attributes.
const (
	String Type = "S"
	Number Type = "N"
	Binary Type = "B"
)

// Key is one key attribute.
type Key struct {
	Name string
	Type Type
}

// Index is a global secondary index. It contains the items that have all attributes of the index's key. Queries of an
// index are eventually consistent.
type Index struct {
	Name      string
	Partition Key
	Sort      Key
	// Projected are the attributes in the index besides its own key and the table's.
	Projected []string
}

// Table describes the keys of a table.
type Table struct {
	Partition Key
	Sort      Key
	// Indexes are the table's global secondary indexes. One CloudFormation deployment can add at most one index to an
	// existing table.
	Indexes []Index
	// Stream is true if the table has a DynamoDB stream of new images.
	Stream bool
	// TimeToLive is the attribute with an item's expiry time, in seconds since 1970; "" if items do not expire. DynamoDB
	// deletes expired items within days, so readers must ignore expired items that still exist.
	TimeToLive string
}
