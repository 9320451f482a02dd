package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// classify decides what an error means for an append, unless it is a failed condition.
func classify(err error) verdict {
	if err == nil {
		return stored
	}
	var (
		conflict   *types.TransactionConflictException
		inProgress *types.TransactionInProgressException
		api        smithy.APIError
	)
	switch {
	case errors.As(err, &conflict):
		return again
	case errors.As(err, &inProgress), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return unclear
	case errors.As(err, &api) && api.ErrorFault() == smithy.FaultClient && !dynamofault.Throttled(err):
		return refused
	}
	// A server fault, a broken connection, or throttling: the SDK's earlier attempts may have been stored.
	return unclear
}
