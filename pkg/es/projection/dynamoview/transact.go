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

// transactAttempts is how often a transaction is sent that others were in the way of.
const transactAttempts = 12

// transact writes actions, all or nothing, again while others are in the way.
//
// Errors: [projection.ErrStale] if a condition failed; [projection.ErrTooLarge], also where DynamoDB refuses what a row holds;
// [projection.ErrContended].
func (v *View) transact(ctx context.Context, actions []types.TransactWriteItem) error {
	for attempt := 1; ; attempt++ {
		_, err := v.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: actions})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return sized(err)
		}
		contended := false
		for _, reason := range cancelled.CancellationReasons {
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
			return errors.Join(cancelled, err)
		}
	}
}

// alone sends a write that is no transaction, again while transactions are in its way. The SDK does not.
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

// pause waits a random time, the longer the more attempts there were.
func pause(ctx context.Context, attempt int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(10 * time.Millisecond << min(attempt, 6))):
		return nil
	}
}

// sized recognises DynamoDB's refusal of what is too large. It has no error of its own for that.
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
