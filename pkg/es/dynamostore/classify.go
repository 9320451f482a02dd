package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// classify decides what an error other than a failed condition says of an append.
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
	// Throttled after attempts whose answers were lost, a fault of the server, a broken connection.
	return unclear
}
