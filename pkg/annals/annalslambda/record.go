package annalslambda

import (
	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// item converts an image of a stream record to an item of the SDK.
func item(image map[string]events.DynamoDBAttributeValue) dynamostore.Item {
	out := make(dynamostore.Item, len(image))
	for name, av := range image {
		out[name] = attribute(av)
	}
	return out
}

func attribute(av events.DynamoDBAttributeValue) types.AttributeValue {
	switch av.DataType() {
	case events.DataTypeString:
		return &types.AttributeValueMemberS{Value: av.String()}
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: av.Number()}
	case events.DataTypeBinary:
		return &types.AttributeValueMemberB{Value: av.Binary()}
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: av.Boolean()}
	case events.DataTypeMap:
		return &types.AttributeValueMemberM{Value: item(av.Map())}
	case events.DataTypeList:
		list := make([]types.AttributeValue, len(av.List()))
		for i, element := range av.List() {
			list[i] = attribute(element)
		}
		return &types.AttributeValueMemberL{Value: list}
	case events.DataTypeStringSet:
		return &types.AttributeValueMemberSS{Value: av.StringSet()}
	case events.DataTypeNumberSet:
		return &types.AttributeValueMemberNS{Value: av.NumberSet()}
	case events.DataTypeBinarySet:
		return &types.AttributeValueMemberBS{Value: av.BinarySet()}
	case events.DataTypeNull:
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

// name is the stream and version in a record's keys, as one text: Order#7@3.
func name(keys map[string]events.DynamoDBAttributeValue) string {
	stream, version := keysOf(keys)
	return stream + "@" + version
}

// keysOf returns the stream and version in a record's keys, "?" for one that is missing or of the wrong type.
func keysOf(keys map[string]events.DynamoDBAttributeValue) (stream, version string) {
	text := func(name string, want events.DynamoDBDataType) string {
		switch av, there := keys[name]; {
		case !there || av.DataType() != want:
			return "?"
		case want == events.DataTypeNumber:
			return av.Number()
		default:
			return av.String()
		}
	}
	return text(dynamostore.EventsTable.Partition.Name, events.DataTypeString),
		text(dynamostore.EventsTable.Sort.Name, events.DataTypeNumber)
}
