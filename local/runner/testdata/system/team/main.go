// Team is a function that a team added to the stack, with resources and grants of its own.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	db, queues := dynamodb.NewFromConfig(c), sqs.NewFromConfig(c)
	table, key := aws.String(os.Getenv("NOTES")), map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: "x"}}
	actions := map[string]func(context.Context) error{
		"read": func(ctx context.Context) error {
			_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})
			return err
		},
		"write": func(ctx context.Context) error {
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: key})
			return err
		},
		"send": func(ctx context.Context) error {
			_, err := queues.SendMessage(ctx, &sqs.SendMessageInput{
				QueueUrl: aws.String(os.Getenv("LETTERS")), MessageBody: aws.String("a letter"),
			})
			return err
		},
		"tell": func(context.Context) error {
			_, err := fmt.Printf("told of %s, %s and %s\n", os.Getenv("NEWS"), os.Getenv("CACHE"), os.Getenv("FILES"))
			return err
		},
	}
	lambda.Start(func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return events.APIGatewayV2HTTPResponse{StatusCode: 204}, actions[r.PathParameters["action"]](ctx)
	})
}
