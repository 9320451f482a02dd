// Api puts an item into the events and gets it from the rows. It would delete one, too, but its role forbids that. It
// answers with the value of an environment variable that the request asks for.
package main

import (
	"context"
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
	lambda.Start(func(ctx context.Context, r events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		if wait, err := time.ParseDuration(r.QueryStringParameters["wait"]); err == nil {
			time.Sleep(wait)
		}
		key := map[string]types.AttributeValue{"p": &types.AttributeValueMemberS{Value: r.PathParameters["id"]}}
		if r.RequestContext.HTTP.Method == "POST" {
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(os.Getenv("EVENTS")), Item: key})
			return events.APIGatewayV2HTTPResponse{StatusCode: 201, Body: os.Getenv(r.QueryStringParameters["variable"])}, err
		}
		if r.RequestContext.HTTP.Method == "DELETE" {
			_, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(os.Getenv("EVENTS")), Key: key})
			return events.APIGatewayV2HTTPResponse{StatusCode: 204}, err
		}
		found, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(os.Getenv("ROWS")), Key: key})
		if err == nil && found.Item == nil {
			return events.APIGatewayV2HTTPResponse{StatusCode: 404}, nil
		}
		return events.APIGatewayV2HTTPResponse{StatusCode: 200}, err
	})
}
