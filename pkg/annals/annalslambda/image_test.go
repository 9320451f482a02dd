package annalslambda_test

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// imageOf is an item as stream records have it.
func imageOf(item map[string]types.AttributeValue) (image map[string]events.DynamoDBAttributeValue, err error) {
	text, err := json.Marshal(itemJSON(item))
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(text, &image)
	return image, err
}

func itemJSON(item map[string]types.AttributeValue) map[string]any {
	out := map[string]any{}
	for name, av := range item {
		out[name] = attributeJSON(av)
	}
	return out
}

func attributeJSON(av types.AttributeValue) map[string]any {
	switch v := av.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": itemJSON(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			list[i] = attributeJSON(v.Value[i])
		}
		return map[string]any{"L": list}
	}
	panic(fmt.Sprintf("%T is in no stored commit", av))
}
