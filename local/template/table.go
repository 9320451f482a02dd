package template

import "fmt"

// Table is a DynamoDB table.
type Table struct {
	ID   string // logical id
	Name string
	TableProperties

	streamARN string
}

// TableProperties are the properties of a table that count here, as CloudFormation names them.
type TableProperties struct {
	KeySchema               []KeyElement
	AttributeDefinitions    []AttributeDefinition
	GlobalSecondaryIndexes  []Index
	LocalSecondaryIndexes   []Index
	StreamSpecification     *struct{ StreamViewType string }
	TimeToLiveSpecification *struct {
		AttributeName string
		Enabled       bool
	}
}

// KeyElement is one attribute of a key: HASH or RANGE.
type KeyElement struct{ AttributeName, KeyType string }

// AttributeDefinition is the type of a key attribute: S, N or B.
type AttributeDefinition struct{ AttributeName, AttributeType string }

// Index is a secondary index.
type Index struct {
	IndexName  string
	KeySchema  []KeyElement
	Projection struct {
		ProjectionType   string
		NonKeyAttributes []string
	}
}

// Streamed says whether the table has a stream.
func (t Table) Streamed() bool {
	return t.StreamSpecification != nil && t.StreamSpecification.StreamViewType != ""
}

func (s *stack) addTables(system *System) error {
	for _, r := range s.of(typeTable, typeGlobalTable) {
		t := Table{ID: r.id}
		if err := s.decode(r, &t.TableProperties); err != nil {
			return err
		}
		if len(t.KeySchema) == 0 {
			return fmt.Errorf("%s (%s): no KeySchema", r.id, r.Type)
		}
		var err error
		if t.Name, err = s.physicalName(r, 0); err != nil {
			return err
		}
		t.streamARN = streamARN(t.Name)
		system.Tables = append(system.Tables, t)
	}
	return nil
}
