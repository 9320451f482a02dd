package dynamotest

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// ItemJSON converts an item to the JSON form of stream records and the AWS command line: {"pk":{"S":"x"}}. It supports
// the types that stored items have, S, N, B, SS, M and L, and panics for any other.
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
	panic(fmt.Sprintf("dynamotest.ItemJSON: unsupported attribute type %T", value))
}
