package annalslambda_test

import (
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// imageOf converts an item to the image of a stream record.
func imageOf(item map[string]types.AttributeValue) (image map[string]events.DynamoDBAttributeValue, err error) {
	text, err := json.Marshal(dynamotest.ItemJSON(item))
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, &image)
	return image, err
}
