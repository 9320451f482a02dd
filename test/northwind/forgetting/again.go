package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
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

// move exports the events, and imports them into other tables, as of a new stack. They are scanned from then on.
func (t *story) move(ctx context.Context) error {
	others, err := t.createTables(ctx)
	if err != nil {
		return err
	}
	file := filepath.Join(t.dir, "archive.ndjson")
	for _, step := range []struct {
		tables []string // variables with the names of other tables
		args   []string
	}{{nil, []string{"export", file}}, {others, []string{"import", file}}, {others, []string{"verify"}}} {
		said, err := t.command(ctx, step.tables, step.args...)
		if err != nil {
			return err
		}
		line, _, _ := strings.Cut(said, "\n")
		t.say("  annals %s: %s", step.args[0], line)
	}
	return t.gone(ctx, first)
}

// createTables creates another table for each of the service, and returns the environment variables that name them.
func (t *story) createTables(ctx context.Context) (environment []string, err error) {
	for _, table := range annalsaws.TablesOf(t.located.Service) {
		name := "imported-" + table.Name
		if err := t.createTable(ctx, name, table.Table); err != nil {
			return nil, err
		}
		environment = append(environment, table.Env()+"="+name)
	}
	return environment, nil
}

// createTable creates a table with the declared key, and without indexes.
func (t *story) createTable(ctx context.Context, name string, declared dynamotable.Table) error {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	add := func(key dynamotable.Key, kind types.KeyType) {
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &key.Name, KeyType: kind})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: &key.Name, AttributeType: types.ScalarAttributeType(key.Type),
		})
	}
	add(declared.Partition, types.KeyTypeHash)
	if declared.Sort.Name != "" {
		add(declared.Sort, types.KeyTypeRange)
	}
	_, err := t.dynamoDB.CreateTable(ctx, in)
	return err
}
