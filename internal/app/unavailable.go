package app

import (
	"errors"
	"io"
	"net"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// unavailable tells whether DynamoDB can't answer now: it throttles, fails, or can't be reached.
func unavailable(err error) bool {
	var (
		api       smithy.APIError
		send      *smithyhttp.RequestSendError
		network   net.Error
		quota     ratelimit.QuotaExceededError
		cancelled *types.TransactionCanceledException
	)
	switch {
	case errors.As(err, &cancelled): // what is left of it once conditions were looked at: throttles, conflicts
		for _, reason := range cancelled.CancellationReasons {
			if reason.Code != nil && throttles[*reason.Code] {
				return true
			}
		}
		return false
	case errors.As(err, &api):
		return throttles[api.ErrorCode()] || api.ErrorFault() == smithy.FaultServer
	}
	return errors.As(err, &send) || errors.As(err, &network) || errors.As(err, &quota) || cutOff(err)
}

// cutOff tells whether a connection ended in the middle of an answer.
func cutOff(err error) bool {
	var unread *smithy.DeserializationError
	return errors.As(err, &unread) && errors.Is(err, io.ErrUnexpectedEOF)
}

// throttles are the codes with which DynamoDB asks for patience.
var throttles = map[string]bool{
	"ProvisionedThroughputExceededException": true,
	"ProvisionedThroughputExceeded":          true,
	"RequestLimitExceeded":                   true,
	"ThrottlingException":                    true,
	"ThrottlingError":                        true,
	"LimitExceededException":                 true,
	"TransactionConflictException":           true,
	"TransactionConflict":                    true,
	"TransactionInProgressException":         true,
}
