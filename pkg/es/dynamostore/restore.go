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

// Restore stores a commit of another table unchanged, with everything that its hash covers. It returns false if the
// commit is already there. Use it only on a table that nothing appends to yet, and restore each stream's commits in
// order, from its first. Restore checks each commit by itself: use [es/verify] to check the whole result.
//
// Errors: [es.CorruptError] if the hash does not match the commit, or the commit would not be read back unchanged;
// [es.ConflictError] if another commit has its place; [es.LimitError]; DynamoDB's.
func (st *Store) Restore(ctx context.Context, c *es.Commit) (now bool, err error) {
	if !bytes.Equal(c.ComputeHash(), c.Hash) {
		return false, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "its hash does not match its contents"}
	}
	put, err := item(c)
	if err != nil {
		return false, err
	}
	if back, err := Decode(put); err != nil {
		return false, err
	} else if !bytes.Equal(back.ComputeHash(), c.Hash) {
		reason := "the table would not return it unchanged"
		return false, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: reason}
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
