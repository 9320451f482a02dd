package dynamoview

import "github.com/annals-es/annals/pkg/es/dynamotable"

// ReadTable describes a read table, which holds the rows and checkpoints of one projection. Every partition key starts
// with the row's generation.
var ReadTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "pk", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "sk", Type: dynamotable.String},
}

// IndexedReadTable is ReadTable with two index slots, the indexes slot1 and slot2. A slot holds one list of a
// projection: the documents that have the slot's key. For slot1 that is i1p, the list's partition, and i1s, the
// document's place in it; i1r is the row that the list shows. For slot2 these are i2p, i2s and i2r. A slot holds no
// other attributes except the keys of the table.
//
// CloudFormation creates a new table with both slots. To an existing table it can add one slot a deployment.
var IndexedReadTable = dynamotable.Table{
	Partition: ReadTable.Partition,
	Sort:      ReadTable.Sort,
	Indexes:   []dynamotable.Index{slot("1"), slot("2")},
}

// slot is an index slot. Its attributes have short names, because every document in the list stores them. DynamoDB
// requires at least three characters in the name of an index.
func slot(number string) dynamotable.Index {
	return dynamotable.Index{
		Name:      "slot" + number,
		Partition: dynamotable.Key{Name: "i" + number + "p", Type: dynamotable.String},
		Sort:      dynamotable.Key{Name: "i" + number + "s", Type: dynamotable.String},
		Projected: []string{"i" + number + "r"},
	}
}
