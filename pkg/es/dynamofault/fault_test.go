package dynamofault_test

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

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamofault"
)

func TestUnavailable(t *testing.T) {
	t.Parallel()
	canceled := func(code string) error {
		return &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{
			{}, {Code: aws.String(code)},
		}}
	}
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"throttled", &types.ProvisionedThroughputExceededException{}, true},
		{"too many requests", &types.RequestLimitExceeded{}, true},
		{"throttled on demand", &types.ThrottlingException{}, true},
		{"transaction beyond its throughput", canceled("ProvisionedThroughputExceeded"), true},
		{"asked for patience", &smithy.GenericAPIError{Code: "ThrottlingException", Fault: smithy.FaultClient}, true},
		{"a fault of the server", &smithy.GenericAPIError{Code: "InternalServerError", Fault: smithy.FaultServer}, true},
		{"in a transaction's way", &types.TransactionConflictException{}, true},
		{"transaction throttled", canceled("ThrottlingError"), true},
		{"transaction in conflict", canceled("TransactionConflict"), true},
		{"refused connection", &smithyhttp.RequestSendError{Err: errors.New("refused")}, true},
		{"dial", &net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{"cut off", &smithy.DeserializationError{Err: fmt.Errorf("body: %w", io.ErrUnexpectedEOF)}, true},
		{"not understood", &smithy.DeserializationError{Err: errors.New("no JSON")}, false},
		{"retries used up", ratelimit.QuotaExceededError{}, true},
		{"not allowed", &smithy.GenericAPIError{Code: "AccessDeniedException", Fault: smithy.FaultClient}, false},
		{"malformed", &smithy.GenericAPIError{Code: "ValidationException", Fault: smithy.FaultClient}, false},
		{"transaction refused", canceled("ValidationError"), false},
		{"of our own", errors.New("x"), false},
		{"of the context", context.Canceled, false},
	}
	for _, tt := range tests {
		err := fmt.Errorf("append: %w", tt.err)
		if got := dynamofault.Unavailable(err); got != tt.want {
			t.Errorf("%s: unavailable is %v, want %v", tt.name, got, tt.want)
		}
		marked := dynamofault.MarkUnavailable(err)
		if errors.Is(marked, es.ErrUnavailable) != tt.want || !errors.Is(marked, tt.err) {
			t.Errorf("%s: marked as %v, want ErrUnavailable %t and the error itself", tt.name, marked, tt.want)
		}
		if again := dynamofault.MarkUnavailable(marked); again.Error() != marked.Error() {
			t.Errorf("%s: marked twice as %v", tt.name, again)
		}
	}
}

func TestMarkNothing(t *testing.T) {
	t.Parallel()
	if err := dynamofault.MarkUnavailable(nil); err != nil {
		t.Errorf("no error is %v", err)
	}
}
