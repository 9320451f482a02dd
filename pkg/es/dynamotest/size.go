package dynamotest

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// itemSize returns the size of an item in bytes, as DynamoDB charges it.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func itemSize(item map[string]types.AttributeValue) (bytes int) {
	for name, value := range item {
		bytes += len(name) + valueSize(value)
	}
	return bytes
}

func valueSize(value types.AttributeValue) (bytes int) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			bytes += len(s)
		}
		return bytes
	case *types.AttributeValueMemberL:
		bytes = 3 + len(v.Value)
		for _, element := range v.Value {
			bytes += valueSize(element)
		}
		return bytes
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + itemSize(v.Value)
	}
	return 1 // true, false, null
}
