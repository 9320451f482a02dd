package dynamoview

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// write returns the action that a write is.
func (v *View) write(g projection.Generation, w projection.Write) types.TransactWriteItem {
	kind := rowKind
	if w.Kind == projection.Add {
		kind = countKind
	}
	key := item{"pk": str(partition(g, kind, w.Key.Partition)), "sk": str(w.Key.Sort)}
	switch w.Kind {
	case projection.Delete:
		return types.TransactWriteItem{Delete: &types.Delete{TableName: &v.table, Key: key}}
	case projection.Add:
		return types.TransactWriteItem{Update: v.add(key, w.Counters)}
	case projection.Put:
	}
	key["row"] = str(string(w.Row))
	return types.TransactWriteItem{Put: &types.Put{TableName: &v.table, Item: key}}
}

// counterPrefix keeps the names of counters apart from those of other attributes.
const counterPrefix = "n."

func (v *View) add(key item, counters map[string]projection.Number) *types.Update {
	u := &types.Update{
		TableName: &v.table, Key: key,
		ExpressionAttributeNames: map[string]string{}, ExpressionAttributeValues: item{},
	}
	var adds []string
	for name, by := range counters {
		i := len(adds)
		adds = append(adds, fmt.Sprintf("#%d :%d", i, i))
		u.ExpressionAttributeNames[fmt.Sprintf("#%d", i)] = counterPrefix + name
		u.ExpressionAttributeValues[fmt.Sprintf(":%d", i)] = &types.AttributeValueMemberN{Value: by.String()}
	}
	u.UpdateExpression = aws.String("ADD " + strings.Join(adds, ", "))
	return u
}
