package dynamostore

import "github.com/annals-es/annals/pkg/es/dynamotable"

// EventsTable describes the events' table: one item per commit, under its stream and first version. Its DynamoDB stream
// (new images) feeds the projectors.
var EventsTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "stream", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "version", Type: dynamotable.Number},
	Stream:    true,
}
