// Courier sends the ids of its requests as messages, and receives them. It drops what is called poison. For the state
// machine it counts steps.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	c, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		panic(err)
	}
	client := sqs.NewFromConfig(c)
	lambda.Start(func(ctx context.Context, text json.RawMessage) (any, error) {
		var batch events.SQSEvent
		if err := json.Unmarshal(text, &batch); err != nil {
			return nil, err
		}
		if len(batch.Records) > 0 {
			return nil, receive(batch)
		}
		var machine struct {
			Task string
			Step int
		}
		if err := json.Unmarshal(text, &machine); err == nil && machine.Task == "step" {
			fmt.Printf("step %d\n", machine.Step)
			return map[string]any{"step": machine.Step + 1, "done": machine.Step >= 3, "wait": 1}, nil
		}
		var request events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(text, &request); err != nil {
			return nil, err
		}
		_, err := client.SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl:    aws.String(os.Getenv("QUEUE")),
			MessageBody: aws.String(fmt.Sprintf("%s %d", request.PathParameters["id"], time.Now().UnixNano())),
		})
		return events.APIGatewayV2HTTPResponse{StatusCode: 202}, err
	})
}

func receive(batch events.SQSEvent) error {
	for _, r := range batch.Records {
		var id string
		var sent int64
		if _, err := fmt.Sscan(r.Body, &id, &sent); err != nil {
			return err
		}
		fmt.Printf("received %s, attempt %s, after %d µs\n", id, r.Attributes["ApproximateReceiveCount"], time.Since(time.Unix(0, sent)).Microseconds())
		switch id {
		case "poison":
			return errors.New("poison")
		case "hang":
			time.Sleep(time.Minute)
		}
	}
	return nil
}
