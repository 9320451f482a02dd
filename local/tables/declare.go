package tables

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/local/template"
)

func createInput(t template.Table) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{
		TableName: aws.String(t.Name), KeySchema: keySchema(t.KeySchema), BillingMode: types.BillingModePayPerRequest,
	}
	for _, a := range t.AttributeDefinitions {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(a.AttributeName), AttributeType: types.ScalarAttributeType(a.AttributeType),
		})
	}
	for _, i := range t.GlobalSecondaryIndexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(i.IndexName), KeySchema: keySchema(i.KeySchema), Projection: projection(i),
		})
	}
	for _, i := range t.LocalSecondaryIndexes {
		input.LocalSecondaryIndexes = append(input.LocalSecondaryIndexes, types.LocalSecondaryIndex{
			IndexName: aws.String(i.IndexName), KeySchema: keySchema(i.KeySchema), Projection: projection(i),
		})
	}
	if t.Streamed() {
		input.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.StreamSpecification.StreamViewType),
		}
	}
	return input
}

func keySchema(elements []template.KeyElement) []types.KeySchemaElement {
	var schema []types.KeySchemaElement
	for _, e := range elements {
		schema = append(schema, types.KeySchemaElement{
			AttributeName: aws.String(e.AttributeName), KeyType: types.KeyType(e.KeyType),
		})
	}
	return schema
}

func projection(i template.Index) *types.Projection {
	return &types.Projection{
		ProjectionType: types.ProjectionType(i.Projection.ProjectionType), NonKeyAttributes: i.Projection.NonKeyAttributes,
	}
}

// held returns the type of an index's projection, and the non-key attributes in the index.
func held(p *types.Projection) []string {
	return append([]string{string(p.ProjectionType)}, slices.Sorted(slices.Values(p.NonKeyAttributes))...)
}

// compare returns what differs between an existing table and its declaration, or "".
func compare(t template.Table, found *types.TableDescription) string {
	if !slices.Equal(foundKeys(found.KeySchema, found), declaredKeys(t.KeySchema, t)) {
		return "key"
	}
	declared, existing := map[string][]string{}, map[string][]string{}
	for _, i := range slices.Concat(t.GlobalSecondaryIndexes, t.LocalSecondaryIndexes) {
		declared[i.IndexName] = append(declaredKeys(i.KeySchema, t), held(projection(i))...)
	}
	for _, i := range found.GlobalSecondaryIndexes {
		existing[aws.ToString(i.IndexName)] = append(foundKeys(i.KeySchema, found), held(i.Projection)...)
	}
	for _, i := range found.LocalSecondaryIndexes {
		existing[aws.ToString(i.IndexName)] = append(foundKeys(i.KeySchema, found), held(i.Projection)...)
	}
	if !maps.EqualFunc(declared, existing, slices.Equal) {
		return "set of indexes"
	}
	stream := ""
	if s := found.StreamSpecification; s != nil && aws.ToBool(s.StreamEnabled) {
		stream = string(s.StreamViewType)
	}
	if t.Streamed() != (stream != "") || t.Streamed() && t.StreamSpecification.StreamViewType != stream {
		return "stream"
	}
	return ""
}

// declaredKeys returns the key's attributes with their types: "stream S HASH".
func declaredKeys(elements []template.KeyElement, t template.Table) []string {
	var keys []string
	for _, e := range elements {
		for _, a := range t.AttributeDefinitions {
			if a.AttributeName == e.AttributeName {
				keys = append(keys, a.AttributeName+" "+a.AttributeType+" "+e.KeyType)
			}
		}
	}
	return slices.Sorted(slices.Values(keys))
}

func foundKeys(elements []types.KeySchemaElement, found *types.TableDescription) []string {
	var keys []string
	for _, e := range elements {
		for _, a := range found.AttributeDefinitions {
			if aws.ToString(a.AttributeName) == aws.ToString(e.AttributeName) {
				keys = append(keys, aws.ToString(a.AttributeName)+" "+string(a.AttributeType)+" "+string(e.KeyType))
			}
		}
	}
	return slices.Sorted(slices.Values(keys))
}
