// Package tables creates the template's tables on DynamoDB Local. Start with [Ensure].
package tables

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/annals-es/annals/local/template"
)

// NewClient returns a client for an endpoint that does not check credentials.
func NewClient(endpoint string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       template.Region,
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   &http.Client{Timeout: time.Minute},
	})
}

// Ensure creates the tables that are missing, and returns the ARN of each stream by its table's logical id. A table
// that exists with another declaration is an error.
//
// Tables with a stream are created first: the more stream records of older tables DynamoDB Local holds, the slower it
// writes to a table with a stream.
func Ensure(ctx context.Context, db *dynamodb.Client, tables []template.Table) (map[string]string, error) {
	streams := map[string]string{}
	for _, t := range tables {
		if !t.Streamed() {
			continue
		}
		found, err := ensure(ctx, db, t)
		if err != nil {
			return nil, err
		}
		streams[t.ID] = aws.ToString(found.LatestStreamArn)
	}
	work, ctx := errgroup.WithContext(ctx)
	for _, t := range tables {
		if !t.Streamed() {
			work.Go(func() error {
				_, err := ensure(ctx, db, t)
				return err
			})
		}
	}
	return streams, work.Wait()
}

func ensure(ctx context.Context, db *dynamodb.Client, t template.Table) (*types.TableDescription, error) {
	found, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.Name)})
	var missing *types.ResourceNotFoundException
	switch {
	case err == nil:
		if difference := compare(t, found.Table); difference != "" {
			return nil, fmt.Errorf("table %s exists with another %s than %s in the template: "+
				"to delete all local data, start with FRESH=1", t.Name, difference, t.ID)
		}
		return found.Table, nil
	case !errors.As(err, &missing):
		return nil, fmt.Errorf("describe table %s: %w", t.Name, err)
	}
	made, err := db.CreateTable(ctx, createInput(t))
	if err != nil {
		return nil, fmt.Errorf("create table %s (%s): %w", t.Name, t.ID, err)
	}
	if ttl := t.TimeToLiveSpecification; ttl != nil && ttl.Enabled {
		_, err := db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName: aws.String(t.Name),
			TimeToLiveSpecification: &types.TimeToLiveSpecification{
				AttributeName: aws.String(ttl.AttributeName), Enabled: aws.Bool(true),
			},
		})
		if err != nil {
			return nil, fmt.Errorf("set the time to live of table %s: %w", t.Name, err)
		}
	}
	return made.TableDescription, nil
}

// Drop deletes the tables that exist.
func Drop(ctx context.Context, db *dynamodb.Client, tables []template.Table) error {
	for _, t := range tables {
		_, err := db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(t.Name)})
		var missing *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &missing) {
			return fmt.Errorf("drop table %s: %w", t.Name, err)
		}
	}
	return nil
}
