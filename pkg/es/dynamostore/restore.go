package dynamostore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// Restore stores a commit that another table held, with all that its hash covers, and tells whether it was stored now: false
// = it is there already. It is for tables that nobody appends to yet; whoever restores gives each stream's commits in order,
// from its first. It looks at the commit alone: [es/verify] tells whether the whole is what it was.
//
// Errors: [es.CorruptError] if the hash is not the commit's own, or can't be read back; [es.ConflictError] if another commit is there;
// [es.LimitError]; DynamoDB's.
func (st *Store) Restore(ctx context.Context, c *es.Commit) (now bool, err error) {
	if !bytes.Equal(c.ComputeHash(), c.Hash) {
		return false, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "its hash is not its own"}
	}
	put, err := item(c)
	if err != nil {
		return false, err
	}
	if back, err := Decode(put); err != nil {
		return false, err
	} else if !bytes.Equal(back.ComputeHash(), c.Hash) {
		return false, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "it would come back from the table as something else"}
	}
	_, err = st.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &st.table, Item: put, ConditionExpression: isFree, ReturnValuesOnConditionCheckFailure: allOld,
	})
	var occupied *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &occupied):
		return false, fmt.Errorf("restore %s@%d: %w", c.Stream, c.Version, dynamofault.MarkUnavailable(err))
	}
	there, err := Decode(occupied.Item)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(there.Hash, c.Hash) || !bytes.Equal(there.ComputeHash(), c.Hash) {
		return false, &es.ConflictError{Stream: c.Stream, Expected: c.Version - 1, Actual: there.LastVersion()}
	}
	return false, nil
}
