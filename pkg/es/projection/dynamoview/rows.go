package dynamoview

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// write returns the action for a write.
func (v *View) write(g projection.Generation, w projection.Write) types.TransactWriteItem {
	kind := projection.OwnRow
	if w.Kind == projection.Add {
		kind = projection.SharedRow
	}
	key := rowKey(g, projection.RowKey{Key: w.Key, Kind: kind})
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

// counterPrefix separates the names of counters from those of other attributes.
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

// kinds are the names of the kinds of rows in keys.
var kinds = map[projection.RowKind]string{
	projection.OwnRow: rowKind, projection.SharedRow: countKind, projection.AppendedRow: listKind,
}

func rowKey(g projection.Generation, key projection.RowKey) item {
	return item{"pk": str(partition(g, kinds[key.Kind], key.Partition)), "sk": str(key.Sort)}
}

// keyOf returns the key of a row, or false if the item is not a row.
func keyOf(g projection.Generation, i item) (projection.RowKey, bool) {
	for kind, name := range kinds {
		if name, ok := strings.CutPrefix(text(i, "pk"), partition(g, name, "")); ok {
			return projection.RowKey{Key: projection.Key{Partition: name, Sort: text(i, "sk")}, Kind: kind}, true
		}
	}
	return projection.RowKey{}, false
}

// Rows implements [projection.View].
func (v *View) Rows(
	ctx context.Context, g projection.Generation, keys ...projection.RowKey,
) (map[projection.RowKey]projection.Row, error) {
	items := make([]item, len(keys))
	for i, key := range keys {
		if _, ok := kinds[key.Kind]; !ok {
			return nil, fmt.Errorf("row %q: an indexed row can't be read by its key: list it", key.Key)
		}
		items[i] = rowKey(g, key)
	}
	found, err := v.get(ctx, items)
	if err != nil {
		return nil, err
	}
	out := make(map[projection.RowKey]projection.Row, len(found))
	for _, i := range found {
		key, _ := keyOf(g, i)
		if out[key], err = rowOf(key, i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rowOf reads a row.
func rowOf(key projection.RowKey, i item) (row projection.Row, err error) {
	switch key.Kind {
	case projection.SharedRow:
		row.Counters, err = numbers(i)
	case projection.AppendedRow:
		var epoch int64
		epoch, err = number(i, "epoch")
		row.Epoch, row.Row = int(epoch), json.RawMessage(text(i, "row"))
	case projection.OwnRow, projection.IndexedRow:
		row.Row = json.RawMessage(text(i, "row"))
	}
	if err != nil {
		return row, fmt.Errorf("row %q: %w", key.Key, err)
	}
	return row, nil
}

// numbers reads the counters of a shared row, by name.
func numbers(i item) (map[string]projection.Number, error) {
	out := map[string]projection.Number{}
	for attribute, value := range i {
		name, isCounter := strings.CutPrefix(attribute, counterPrefix)
		digits, isNumber := value.(*types.AttributeValueMemberN)
		if !isCounter || !isNumber {
			continue
		}
		n, err := projection.Decimal(digits.Value)
		if err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

// Keys implements [projection.View]. It scans the table.
func (v *View) Keys(ctx context.Context, g projection.Generation) iter.Seq2[projection.RowKey, error] {
	return func(yield func(projection.RowKey, error) bool) {
		for page, err := range v.scan(ctx, g) {
			if err != nil {
				yield(projection.RowKey{}, err)
				return
			}
			for _, i := range page {
				if key, ok := keyOf(g, i); ok && !yield(key, nil) {
					return
				}
			}
		}
	}
}

// Drop implements [projection.View]. It scans the table.
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	for page, err := range v.scan(ctx, g) {
		if err != nil {
			return err
		}
		if err := v.remove(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// scan yields the keys of all items of a generation, by pages.
func (v *View) scan(ctx context.Context, g projection.Generation) iter.Seq2[[]item, error] {
	return func(yield func([]item, error) bool) {
		pages := dynamodb.NewScanPaginator(v.client, &dynamodb.ScanInput{
			TableName: &v.table, ConsistentRead: aws.Bool(true),
			FilterExpression: aws.String("begins_with(pk, :p)"), ProjectionExpression: aws.String("pk, sk"),
			ExpressionAttributeValues: item{":p": str(fmt.Sprintf("%d|", g))},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(page.Items, nil) {
				return
			}
		}
	}
}
