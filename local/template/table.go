package template

import (
	"fmt"
	"slices"

	"github.com/annals-es/annals/local/policy"
)

// Table is a DynamoDB table.
type Table struct {
	ID   string // logical id
	Name string
	ARN  string
	TableProperties
	// Policy is the table's resource policy, in this region.
	Policy policy.Policy

	streamARN string
}

// TableProperties are the properties of a table that are used locally, with CloudFormation's names.
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
	// ResourcePolicy is the policy of a table. For a global table, the policies are in Replicas.
	ResourcePolicy *ResourcePolicy
	Replicas       []Replica
}

// ResourcePolicy is a policy document without intrinsic functions.
type ResourcePolicy struct{ PolicyDocument any }

// Replica is a global table in one region.
type Replica struct {
	Region         string
	ResourcePolicy *ResourcePolicy
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

// Streamed reports whether the table has a stream.
func (t Table) Streamed() bool {
	return t.StreamSpecification != nil && t.StreamSpecification.StreamViewType != ""
}

// readPolicy reads the resource policy of the table in the local run's region.
func (t Table) readPolicy() (policy.Policy, error) {
	document := t.ResourcePolicy
	if len(t.Replicas) > 0 {
		here := slices.IndexFunc(t.Replicas, func(r Replica) bool { return r.Region == Region })
		if here < 0 {
			return nil, fmt.Errorf("none of its replicas is in %s, the region of a local run", Region)
		}
		document = t.Replicas[here].ResourcePolicy
	}
	if document == nil {
		return nil, nil
	}
	var all policy.Policy
	for _, statement := range statementsOf(document.PolicyDocument) {
		one, err := policy.Parse(statement)
		if err != nil {
			return nil, fmt.Errorf("ResourcePolicy: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
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
		t.ARN, t.streamARN = TableARN(t.Name), streamARN(t.Name)
		if t.Policy, err = t.readPolicy(); err != nil {
			return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
		}
		system.Tables = append(system.Tables, t)
	}
	return nil
}
