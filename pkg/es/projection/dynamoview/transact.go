package dynamoview

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/es/projection"
)

// transactAttempts is how often a write is sent that conflicts with transactions.
const transactAttempts = 12

// transact writes actions, all or nothing. It tries again after conflicts with other transactions.
//
// Errors: [projection.ErrStale] if a condition failed; [projection.ErrTooLarge], also if DynamoDB rejects the content
// of a row; [projection.ErrContended].
func (v *View) transact(ctx context.Context, actions []types.TransactWriteItem) error {
	for attempt := 1; ; attempt++ {
		_, err := v.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) {
			return sized(err)
		}
		contended := false
		for _, reason := range canceled.CancellationReasons {
			switch aws.ToString(reason.Code) {
			case "ConditionalCheckFailed":
				return projection.ErrStale
			case "ValidationError":
				return fmt.Errorf("%w: %s", projection.ErrTooLarge, aws.ToString(reason.Message))
			case "TransactionConflict":
				contended = true
			}
		}
		if !contended {
			return err
		}
		if attempt == transactAttempts {
			return fmt.Errorf("%w: %w", projection.ErrContended, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return errors.Join(canceled, err)
		}
	}
}

// alone sends a write outside of a transaction. It tries again if transactions conflict with it, which the SDK does
// not.
func alone(ctx context.Context, send func() error) error {
	for attempt := 1; ; attempt++ {
		err := send()
		var conflict *types.TransactionConflictException
		if !errors.As(err, &conflict) || attempt == transactAttempts {
			return err
		}
		if err := pause(ctx, attempt); err != nil {
			return errors.Join(conflict, err)
		}
	}
}

// pause waits for a random time, which grows with the attempts.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(10 * time.Millisecond << min(attempt, 6))):
		return nil
	}
}

// sized recognizes DynamoDB's errors for content that is too large. DynamoDB has no error type for them.
func sized(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ValidationException" {
		return err
	}
	message := strings.ToLower(api.ErrorMessage())
	for _, about := range []string{"size", "precision", "magnitude", "overflow", "underflow"} {
		if strings.Contains(message, about) {
			return fmt.Errorf("%w: %s", projection.ErrTooLarge, api.ErrorMessage())
		}
	}
	return err
}
