// Package dynamofault recognizes errors of DynamoDB after which the same request may succeed later. Start with
// [MarkUnavailable].
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

// MarkUnavailable wraps an error of the SDK with [es.ErrUnavailable] if [Unavailable] returns true for it. It returns
// nil and other errors unchanged. Stores and views on DynamoDB call it for each error of the SDK.
func MarkUnavailable(err error) error {
	if !Unavailable(err) || errors.Is(err, es.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}

// Unavailable reports whether the same request may succeed later: DynamoDB throttled it, failed or could not be
// reached, or a concurrent transaction blocked it. It also recognizes errors of other AWS services.
func Unavailable(err error) bool {
	var (
		api      smithy.APIError
		send     *smithyhttp.RequestSendError
		network  net.Error
		quota    ratelimit.QuotaExceededError
		canceled *types.TransactionCanceledException
	)
	switch {
	case has(err, throttles), has(err, conflicts):
		return true
	case errors.As(err, &canceled): // its other reasons, such as failed conditions, are permanent
		return false
	case errors.As(err, &api):
		return api.ErrorFault() == smithy.FaultServer
	}
	return errors.As(err, &send) || errors.As(err, &network) || errors.As(err, &quota) || CutOff(err)
}

// Throttled reports whether AWS throttled a request. Conflicts between two writers do not count.
func Throttled(err error) bool { return has(err, throttles) }

// CutOff reports whether the connection ended in the middle of an answer. The SDK does not retry this.
func CutOff(err error) bool {
	var unread *smithy.DeserializationError
	return errors.As(err, &unread) && errors.Is(err, io.ErrUnexpectedEOF)
}

// has reports whether an error, or one of the reasons of a canceled transaction, has one of the codes.
func has(err error, codes map[string]bool) bool {
	var (
		canceled *types.TransactionCanceledException
		api      smithy.APIError
	)
	if errors.As(err, &canceled) {
		return slices.ContainsFunc(canceled.CancellationReasons, func(r types.CancellationReason) bool {
			return codes[aws.ToString(r.Code)]
		})
	}
	return errors.As(err, &api) && codes[api.ErrorCode()]
}

// throttles are the codes of throttled requests, conflicts those of concurrent transactions. Codes without "Exception"
// are reasons of canceled transactions.
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
