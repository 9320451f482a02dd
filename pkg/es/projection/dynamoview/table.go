package dynamoview

import "github.com/annals-es/annals/pkg/es/dynamotable"

// ReadTable describes a read table: the rows of one projection and its checkpoints. Every partition key starts with the
// row's generation.
var ReadTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "pk", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "sk", Type: dynamotable.String},
}
