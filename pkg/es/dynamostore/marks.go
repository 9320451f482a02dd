package dynamostore

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// Marks yields the version and hash that each snapshot has of its stream, so that they can be compared with the stream.
//
// Errors: DynamoDB's; an error that names a snapshot that cannot be read.
func (sn *Snapshots) Marks(ctx context.Context, client dynamodb.ScanAPIClient) iter.Seq2[es.CommitRef, error] {
	return func(yield func(es.CommitRef, error) bool) {
		pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
			TableName: &sn.table, ProjectionExpression: aws.String("#s, version, #h, #schema"),
			ExpressionAttributeNames: map[string]string{"#s": "stream", "#h": "hash", "#schema": "schema"},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(es.CommitRef{}, fmt.Errorf("scan snapshots: %w", dynamofault.MarkUnavailable(err)))
				return
			}
			for _, item := range page.Items {
				r := reader{item: item}
				if strings.HasPrefix(r.text("stream"), blockPrefix) || forgotten(item) {
					continue
				}
				if !yield(mark(item)) {
					return
				}
			}
		}
	}
}

func mark(item Item) (es.CommitRef, error) {
	r := reader{item: item}
	stream, err := es.ParseStreamID(r.text("stream"))
	m := es.CommitRef{StreamVersion: es.StreamVersion{Stream: stream, Version: r.number("version")}, Hash: r.bytes("hash")}
	if err == nil {
		err = r.err
	}
	if err != nil {
		return es.CommitRef{}, fmt.Errorf("read snapshot of %q: %w", r.text("stream"), err)
	}
	return m, nil
}
