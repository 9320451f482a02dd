// Projector copies the keys of new items to the rows. It cannot digest one called poison, and chews
// on one called long.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	db := dynamodb.NewFromConfig(c)
	lambda.Start(func(ctx context.Context, e events.DynamoDBEvent) error {
		for _, r := range e.Records {
			id := r.Change.NewImage["p"].String()
			if id == "poison" {
				panic("poison")
			}
			if id == "long" {
				fmt.Println("long begins")
				time.Sleep(500 * time.Millisecond)
			}
			fmt.Println("projecting", id)
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(os.Getenv("ROWS")), Item: map[string]types.AttributeValue{
				"p": &types.AttributeValueMemberS{Value: id},
			}})
			if err != nil {
				return err
			}
		}
		return nil
	})
}
