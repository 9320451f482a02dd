package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotable"
)

// comeBack lets former generations of read models serve again, and moves the events to another table. The data of a
// forgotten customer does not come back.
func (t *story) comeBack(ctx context.Context) error {
	before, err := t.showAll(ctx)
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"rollback", "accounts"}, // to the generation that had the data
		{"rebuild", "accounts"}, {"rollback", "accounts"},
		{"rebuild", "orders"}, {"rollback", "orders"},
	} {
		said, err := t.command(ctx, nil, args...)
		if err != nil {
			return err
		}
		t.say("  annals %s: %s", strings.Join(args, " "), said[strings.LastIndex(said, "\n")+1:])
		after, err := t.showAll(ctx)
		if err != nil {
			return err
		}
		for id := range before {
			if err := before[id].same(after[id]); err != nil {
				return err
			}
		}
	}
	if err := t.gone(ctx, first); err != nil {
		return err
	}
	return t.move(ctx)
}

// imported is the event table that the archive is imported into.
const imported = "imported-events"

// move exports the events, and imports them into another table. Both are scanned from then on.
func (t *story) move(ctx context.Context) error {
	if err := t.createTable(ctx, imported, dynamostore.EventsTable); err != nil {
		return err
	}
	file := filepath.Join(t.dir, "archive.ndjson")
	for _, args := range [][]string{{"export", file}, {"import", file}, {"verify"}} {
		var environment []string
		if args[0] != "export" {
			environment = []string{annalsaws.Events.Env() + "=" + imported}
		}
		said, err := t.command(ctx, environment, args...)
		if err != nil {
			return err
		}
		line, _, _ := strings.Cut(said, "\n")
		t.say("  annals %s: %s", args[0], line)
	}
	return t.gone(ctx, first)
}

// createTable creates a table with the declared key.
func (t *story) createTable(ctx context.Context, name string, declared dynamotable.Table) error {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for key, kind := range map[dynamotable.Key]types.KeyType{
		declared.Partition: types.KeyTypeHash, declared.Sort: types.KeyTypeRange,
	} {
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key.Name), KeyType: kind})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(key.Name), AttributeType: types.ScalarAttributeType(key.Type),
		})
	}
	_, err := t.dynamoDB.CreateTable(ctx, in)
	return err
}
