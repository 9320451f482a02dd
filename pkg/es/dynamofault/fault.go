// Package dynamofault tells which errors of DynamoDB pass: it throttles, fails, or can't be reached now.
package dynamofault

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/annals-es/annals/pkg/es"
)

// MarkUnavailable wraps an error of the SDK with [es.ErrUnavailable] if [Unavailable] is true of it. It returns any
// other error, and nil, as it is. Stores and views on DynamoDB call it for each error that they return.
func MarkUnavailable(err error) error {
	if !Unavailable(err) || errors.Is(err, es.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}

// Unavailable tells whether the same request may succeed later: DynamoDB throttles, fails, or can't be reached, or a
// transaction was in the way. It knows the errors of the SDK for other services, too.
func Unavailable(err error) bool {
	var (
		api       smithy.APIError
		send      *smithyhttp.RequestSendError
		network   net.Error
		quota     ratelimit.QuotaExceededError
		cancelled *types.TransactionCanceledException
	)
	switch {
	case has(err, throttles), has(err, conflicts):
		return true
	case errors.As(err, &cancelled): // what is left of it once conditions were looked at
		return false
	case errors.As(err, &api):
		return api.ErrorFault() == smithy.FaultServer
	}
	return errors.As(err, &send) || errors.As(err, &network) || errors.As(err, &quota) || CutOff(err)
}

// Throttled tells whether AWS asked for patience. What two writers do to one item at once is no throttle.
func Throttled(err error) bool { return has(err, throttles) }

// CutOff tells whether a connection ended in the middle of an answer, which the SDK takes for good.
func CutOff(err error) bool {
	var unread *smithy.DeserializationError
	return errors.As(err, &unread) && errors.Is(err, io.ErrUnexpectedEOF)
}

// has tells whether an error, or one of the reasons why a transaction was cancelled, has one of these codes.
func has(err error, codes map[string]bool) bool {
	var (
		cancelled *types.TransactionCanceledException
		api       smithy.APIError
	)
	if errors.As(err, &cancelled) {
		return slices.ContainsFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool { return codes[aws.ToString(r.Code)] })
	}
	return errors.As(err, &api) && codes[api.ErrorCode()]
}

// throttles are the codes with which AWS asks for patience, conflicts those of transactions that are in the way. Those
// without "Exception" are of the reasons why a transaction was cancelled.
var (
	throttles = map[string]bool{
		"ProvisionedThroughputExceededException": true,
		"ProvisionedThroughputExceeded":          true,
		"RequestLimitExceeded":                   true,
		"ThrottlingException":                    true,
		"ThrottlingError":                        true,
		"LimitExceededException":                 true,
	}
	conflicts = map[string]bool{
		"TransactionConflictException":   true,
		"TransactionConflict":            true,
		"TransactionInProgressException": true,
	}
)
