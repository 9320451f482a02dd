package annalslambda

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/annals-es/annals/pkg/es/dynamofault"
)

// How calls to DynamoDB and SQS fail. The SDK's own choices are for programs that may take their time: 30 s for a
// connection, 20 s between attempts. A function has its remaining time, and a caller that waits.
const (
	dialTimeout = time.Second
	// attemptTimeout ends an attempt that hangs, so that there is time for another. Answers take milliseconds.
	attemptTimeout = 5 * time.Second
	attempts       = 4
	maxBackoff     = 200 * time.Millisecond
	// margin is what a call leaves of the function's time, to answer in.
	margin = 500 * time.Millisecond
	// connections is how many are kept; a projector has that many requests on their way at once.
	connections = 64
)

// NewClient returns the client for DynamoDB, tuned to fail in time.
func NewClient(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, Punctual, unchecked)
}

// Configuration is what the environment says of AWS, as all AWS SDKs read it: AWS_ENDPOINT_URL_DYNAMODB redirects the
// client of DynamoDB. Reading it takes milliseconds: all clients share it.
func Configuration(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(httpClient()), config.WithRetryer(retryer))
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, nil
}

// unchecked leaves the integrity of answers to TLS. DynamoDB's errors carry no checksum, and the SDK then warns, at
// every failed condition, that it does not match: https://github.com/aws/aws-sdk-go-v2/issues/3545.
func unchecked(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true }

// Punctual makes every call end, its retries included, a margin before its context does.
func Punctual(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, InTime) }

// InTime makes every call of a client end, its retries included, a margin before its context does.
func InTime(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("punctual", punctual), middleware.Before)
}

func punctual(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	if deadline, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	return next.HandleInitialize(ctx, in)
}

func httpClient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithTimeout(attemptTimeout).
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout = dialTimeout
			t.MaxIdleConnsPerHost = connections
		})
}

// retryCutOff tries again after half an answer, which the SDK takes for good. Every write of ours may be sent again.
func retryCutOff(err error) aws.Ternary {
	if dynamofault.CutOff(err) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

func retryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = attempts
		o.MaxBackoff = maxBackoff
		o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(retryCutOff))
	})
}
