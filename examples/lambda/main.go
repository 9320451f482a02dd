// Lambda is two functions that use the library inside another system, from one binary. "collect" takes messages of an
// SQS queue as commands. "project" maintains a read model from the stream of the event table. The function's handler
// setting selects one of them.
//
// EVENTS_TABLE names a table with the keys of dynamostore.EventsTable and a stream of new images. CARDS_TABLE and
// GENERATIONS_TABLE, which "project" needs, name tables with the keys of dynamoview.ReadTable. "collect" needs Query
// and PutItem on the events, "project" needs Query on them. Both event source mappings need ReportBatchItemFailures.
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	client := dynamodb.NewFromConfig(cfg)
	store, err := dynamostore.New(client, os.Getenv("EVENTS_TABLE"))
	if err != nil {
		log.Fatal(err)
	}
	if os.Getenv("_HANDLER") == "project" {
		lambda.Start(newProject(store, dynamoview.NewCatalog(client, os.Getenv("GENERATIONS_TABLE")),
			dynamoview.New(client, os.Getenv("CARDS_TABLE"))))
		return
	}
	lambda.Start(newCollect(store))
}

// newCollect returns the handler of purchases.
func newCollect(store es.Store) collectHandler {
	executor := es.NewExecutor(store)
	return collector{executor, es.NewRepository(executor, cards, es.RepositoryConfig{Horizon: retention})}.handle
}
