package dynamoview

import "github.com/annals-es/annals/pkg/es/dynamotable"

// ReadTable describes a read table: the rows of one projection and its checkpoints. Every partition key starts with the
// row's generation.
var ReadTable = dynamotable.Table{
	Partition: dynamotable.Key{Name: "pk", Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: "sk", Type: dynamotable.String},
}

// IndexedReadTable is ReadTable with two index slots, the indexes slot1 and slot2. A slot holds one list of a
// projection: the documents that have the slot's key. Of slot1 that is i1p, the list's partition, and i1s, the
// document's place in it; i1r is the list's own small row of the document. Of slot2 they are i2p, i2s and i2r. A slot
// holds no other attributes but the keys of the table.
//
// CloudFormation makes a new table with both slots. To a table that exists it can add one slot a deployment.
var IndexedReadTable = dynamotable.Table{
	Partition: ReadTable.Partition,
	Sort:      ReadTable.Sort,
	Indexes:   []dynamotable.Index{slot("1"), slot("2")},
}

// slot is an index slot. Its attributes have short names, because every document that is in the list stores them.
// DynamoDB wants three characters at least in the name of an index.
func slot(number string) dynamotable.Index {
	return dynamotable.Index{
		Name:      "slot" + number,
		Partition: dynamotable.Key{Name: "i" + number + "p", Type: dynamotable.String},
		Sort:      dynamotable.Key{Name: "i" + number + "s", Type: dynamotable.String},
		Projected: []string{"i" + number + "r"},
	}
}
