package dynamostore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// A ticket is issued and can be used once.
type ticketEvent interface{ isTicketEvent() }
type issued struct {
	Seat string `json:"seat"`
}
type used struct{}

func (issued) isTicketEvent() {}
func (used) isTicketEvent()   {}

type ticket struct {
	Seat string
	Used bool
}

func (t ticket) use() ([]ticketEvent, error) {
	if t.Used {
		return nil, errors.New("it is used already")
	}
	return []ticketEvent{used{}}, nil
}

var tickets = es.Aggregate[ticket, ticketEvent]{
	StreamType: "Ticket",
	Events: es.NewRegistry(es.Type[ticketEvent]("TicketIssued", 1, issued{}),
		es.Type[ticketEvent]("TicketUsed", 1, used{})),
	Evolve: func(t *ticket, event ticketEvent) {
		switch e := event.(type) {
		case issued:
			t.Seat = e.Seat
		case used:
			t.Used = true
		}
	},
}

// A store on DynamoDB. The table has the keys of EventsTable, and each append is one PutItem. The client is that of
// aws-sdk-go-v2, dynamodb.NewFromConfig(cfg); this one talks to DynamoDB Local.
func Example() {
	ctx, client := context.Background(), dynamotest.ForExample()
	table := "example-" + rand.Text()
	// In production, CDK, Terraform or CloudFormation makes the table.
	partition, sort := dynamostore.EventsTable.Partition, dynamostore.EventsTable.Sort
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: &partition.Name, AttributeType: types.ScalarAttributeType(partition.Type)},
			{AttributeName: &sort.Name, AttributeType: types.ScalarAttributeType(sort.Type)},
		},
		KeySchema: []types.KeySchemaElement{
			{AttributeName: &partition.Name, KeyType: types.KeyTypeHash},
			{AttributeName: &sort.Name, KeyType: types.KeyTypeRange},
		},
	})
	fmt.Println("table:", err)

	store, err := dynamostore.New(client, table)
	fmt.Println("store:", err)
	repo := es.Open(store, tickets)

	made, err := repo.Create(ctx, "t-1", es.Command{}, func() ([]ticketEvent, error) {
		return []ticketEvent{issued{Seat: "12A"}}, nil
	})
	fmt.Println("issued:", made.Version, err)
	_, err = repo.Execute(ctx, "t-1", es.Command{}, ticket.use)
	fmt.Println("used:", err)
	_, err = repo.Execute(ctx, "t-1", es.Command{}, ticket.use)
	fmt.Println("again:", err)

	for commit, err := range store.Read(ctx, tickets.Stream("t-1"), es.Range{}) {
		fmt.Println(commit.Version, commit.Events[0].Type, string(commit.Events[0].Data), err)
	}
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
	fmt.Println("dropped:", err)
	// Output:
	// table: <nil>
	// store: <nil>
	// issued: 1 <nil>
	// used: <nil>
	// again: it is used already
	// 1 TicketIssued {"seat":"12A"} <nil>
	// 2 TicketUsed {} <nil>
	// dropped: <nil>
}
