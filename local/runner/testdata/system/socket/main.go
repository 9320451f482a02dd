// Socket refuses strangers, echoes messages, posts what "post" asks for to @connections, and puts those who left into the
// rows.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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
	lambda.Start(func(ctx context.Context, e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
		answer := events.APIGatewayProxyResponse{StatusCode: 200}
		switch e.RequestContext.RouteKey {
		case "$connect":
			if e.QueryStringParameters["name"] == "" {
				answer.StatusCode = 401
			}
		case "$disconnect":
			_, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(os.Getenv("ROWS")), Item: map[string]types.AttributeValue{
				"p": &types.AttributeValueMemberS{Value: "left"},
			}})
			fmt.Println("left with", e.RequestContext.DisconnectStatusCode)
			return answer, err
		case "post":
			return answer, post(ctx, c, e.RequestContext.ConnectionID, e.Body)
		default:
			answer.Body = "echo " + e.Body
		}
		return answer, nil
	})
}

func post(ctx context.Context, c aws.Config, connection, text string) error {
	address := os.Getenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI") + "/@connections/" + url.QueryEscape(connection)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader([]byte("posted "+text)))
	if err != nil {
		return err
	}
	credentials, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte("posted " + text))
	if err := v4.NewSigner().SignHTTP(ctx, credentials, r, hex.EncodeToString(hash[:]), "execute-api", c.Region, time.Now()); err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if answer.StatusCode != 200 {
		return fmt.Errorf("post: %s", answer.Status)
	}
	return answer.Body.Close()
}
