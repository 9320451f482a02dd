package annalslambda

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/annals-es/annals/internal/awsconfig"
)

// margin is the time that a call to AWS leaves the function to answer in.
const margin = 500 * time.Millisecond

// NewClient returns a client of DynamoDB. Its calls end in time: see [Punctual].
func NewClient(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, Punctual, unchecked)
}

// Configuration returns the configuration of AWS clients from Lambda's environment variables: region, credentials and
// endpoints. AWS_ENDPOINT_URL_DYNAMODB redirects the client of DynamoDB. A client tries a call 4 times at most; an
// attempt takes 5 s at most.
//
// Errors: one that names the variables that are missing or wrong.
func Configuration() (aws.Config, error) { return awsconfig.FromEnvironment() }

// unchecked disables the checksums of answers: TLS protects their integrity. DynamoDB's errors carry no checksum, so
// the SDK would log a mismatch at every failed condition: https://github.com/aws/aws-sdk-go-v2/issues/3545.
func unchecked(o *dynamodb.Options) { o.DisableValidateResponseChecksum = true }

// Punctual makes every call of a DynamoDB client, its retries included, end 500 ms before its context does.
func Punctual(o *dynamodb.Options) { o.APIOptions = append(o.APIOptions, InTime) }

// InTime makes every call of a client, its retries included, end 500 ms before its context does. Add it to the client's
// APIOptions.
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
