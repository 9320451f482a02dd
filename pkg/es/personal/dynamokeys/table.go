package dynamokeys

import "github.com/annals-es/annals/pkg/es/dynamotable"

// Table describes the table of keys: for each subject one item with its key or tombstone, and one item per stream that
// was noted for it.
var Table = dynamotable.Table{
	Partition: dynamotable.Key{Name: subjectName, Type: dynamotable.String},
	Sort:      dynamotable.Key{Name: aboutName, Type: dynamotable.String},
}

// Names of attributes.
const (
	subjectName   = "subject"
	aboutName     = "about"
	numberName    = "number"
	secretName    = "secret"
	atName        = "at"
	forgottenName = "forgotten"
	streamName    = "stream"
)

// Values of the sort key.
const (
	keyItem   = "key"     // the key or tombstone
	noteItems = "stream"  // how all notes begin
	shortNote = "stream#" // and the stream's name
	longNote  = "stream~" // and the hash of the stream's name, which is too long for a sort key
)
