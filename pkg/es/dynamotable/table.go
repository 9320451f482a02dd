// Package dynamotable describes DynamoDB tables as plain data, so that the packages that own a table declare its keys
// once, and infrastructure code and tests build the table from that declaration.
package dynamotable

// Type is the type of a key attribute, as DynamoDB spells it.
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

// Index is a global secondary index: the items of a table by another key. An item that lacks an attribute of that key
// is not in the index. Queries of an index are eventually consistent.
type Index struct {
	Name      string
	Partition Key
	Sort      Key
	// Projected are the attributes that the index holds besides its own key and the table's.
	Projected []string
}

// Table describes the keys of a table.
type Table struct {
	Partition Key
	Sort      Key
	// Indexes are the table's global secondary indexes. A deployment by CloudFormation can add one of them to a table that
	// exists, and no more.
	Indexes []Index
	// Stream says whether the table has a stream of new images.
	Stream bool
	// TimeToLive is the attribute that holds when an item expires, in seconds since 1970; "" where items stay. DynamoDB
	// deletes an expired item within days, so readers have to ignore those that are still there.
	TimeToLive string
}
