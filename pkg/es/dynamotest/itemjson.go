package dynamotest

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ItemJSON is an item as stream records and the AWS command line write it: {"pk":{"S":"x"}}, for encoding as JSON. It knows
// the types that stored items have: S, N, B, SS, M and L. It panics at any other.
func ItemJSON(item map[string]types.AttributeValue) map[string]any {
	out := make(map[string]any, len(item))
	for name, value := range item {
		out[name] = valueJSON(value)
	}
	return out
}

func valueJSON(value types.AttributeValue) map[string]any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": ItemJSON(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i := range v.Value {
			list[i] = valueJSON(v.Value[i])
		}
		return map[string]any{"L": list}
	}
	panic(fmt.Sprintf("dynamotest.ItemJSON: an attribute is a %T", value))
}
