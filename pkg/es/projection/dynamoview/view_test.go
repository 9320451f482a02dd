package dynamoview_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

func TestView(t *testing.T) {
	t.Parallel()
	viewtest.RunView(t, func(t *testing.T) projection.View {
		client := dynamotest.Client(t)
		return dynamoview.New(client, dynamotest.Table(t, client, dynamoview.IndexedReadTable))
	})
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	viewtest.RunCatalog(t, func(t *testing.T) projection.Catalog {
		client := dynamotest.Client(t)
		return dynamoview.NewCatalog(client, dynamotest.Table(t, client, dynamoview.ReadTable))
	})
}
