package push

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// values are the attributes of an item, or the values of an expression.
type values = map[string]types.AttributeValue

func key(partition, sort string) values { return values{"pk": text(partition), "sk": text(sort)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
