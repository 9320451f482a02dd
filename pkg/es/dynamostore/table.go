package dynamostore

import "github.com/annals-es/annals/pkg/es/dynamotable"

// EventsTable describes the table of all commits: one item a commit, under its stream and its first version. Its stream
// of new images feeds the projectors.
var EventsTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "stream", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "version", Type: dynamotable.Number},
	Stream:    true,
}
