package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	cancelled := func(code string) error {
		return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{}, {Code: aws.String(code)}}}
	}
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"throttled", &types.ProvisionedThroughputExceededException{}, true},
		{"asked for patience", &smithy.GenericAPIError{Code: "ThrottlingException", Fault: smithy.FaultClient}, true},
		{"a fault of the server", &smithy.GenericAPIError{Code: "InternalServerError", Fault: smithy.FaultServer}, true},
		{"in a transaction's way", &types.TransactionConflictException{}, true},
		{"transaction throttled", cancelled("ThrottlingError"), true},
		{"transaction in conflict", cancelled("TransactionConflict"), true},
		{"refused connection", &smithyhttp.RequestSendError{Err: errors.New("refused")}, true},
		{"dial", &net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{"cut off", &smithy.DeserializationError{Err: fmt.Errorf("body: %w", io.ErrUnexpectedEOF)}, true},
		{"not understood", &smithy.DeserializationError{Err: errors.New("no JSON")}, false},
		{"retries used up", ratelimit.QuotaExceededError{}, true},
		{"not allowed", &smithy.GenericAPIError{Code: "AccessDeniedException", Fault: smithy.FaultClient}, false},
		{"malformed", &smithy.GenericAPIError{Code: "ValidationException", Fault: smithy.FaultClient}, false},
		{"transaction refused", cancelled("ValidationError"), false},
		{"of our own", errors.New("x"), false},
		{"of the context", context.Canceled, false}, // httpapi knows it
	}
	for _, tt := range tests {
		if got := unavailable(fmt.Errorf("append: %w", tt.err)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

func TestNumbersAreComparedAsNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"9", "10", -1}, {"10", "9", 1}, {"7", "7", 0}, {"07", "7", 0},
		{"99999999999999999999999999999999999999", "100000000000000000000000000000000000000", -1},
		{"", "1", -1}, {"1", "x", 1}, {"", "", 0},
	} {
		if got := compare(tt.a, tt.b); got != tt.want {
			t.Errorf("%q, %q: %d", tt.a, tt.b, got)
		}
	}
}
