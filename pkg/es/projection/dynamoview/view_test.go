package dynamoview_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

func TestView(t *testing.T) {
	t.Parallel()
	viewtest.RunView(t, openView)
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	viewtest.RunCatalog(t, func(t *testing.T) projection.Catalog {
		client := dynamotest.Client(t)
		return dynamoview.NewCatalog(client, dynamotest.Table(t, client, dynamoview.ReadTable))
	})
}

func TestEngine(t *testing.T) {
	t.Parallel()
	viewtest.RunEngine(t, openView)
}

func openView(t *testing.T) projection.View {
	t.Helper()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamoview.IndexedReadTable)
	return searched{dynamoview.New(client, table), client, table}
}

// searched is a view with a search of its table.
type searched struct {
	*dynamoview.View
	client dynamoview.Client
	table  string
}

// Holding implements [viewtest.Searched].
func (v searched) Holding(ctx context.Context, text string) (found []string, err error) {
	scan := &dynamodb.ScanInput{TableName: &v.table, ConsistentRead: aws.Bool(true)}
	pages := dynamodb.NewScanPaginator(v.client, scan)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			for name, value := range item {
				if s, ok := value.(*types.AttributeValueMemberS); ok && strings.Contains(s.Value, text) {
					found = append(found, fmt.Sprintf("attribute %s of %v", name, item["pk"]))
				}
			}
		}
	}
	return found, nil
}
