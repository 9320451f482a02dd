package annalslambda

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/annals-es/annals/internal/awsconfig"
)

// margin is what a call leaves of the function's time, to answer in.
const margin = 500 * time.Millisecond

// NewClient returns the client for DynamoDB, tuned to fail in time.
func NewClient(cfg aws.Config) *dynamodb.Client {
	return dynamodb.NewFromConfig(cfg, Punctual, unchecked)
}

// Configuration returns the configuration of AWS clients that Lambda's environment variables hold: region, credentials
// and endpoints. AWS_ENDPOINT_URL_DYNAMODB redirects the client of DynamoDB. Its clients fail in time: calls are tried
// 4 times, and an attempt takes 5 s at most.
//
// Errors: one that names the variables that are missing or wrong.
func Configuration() (aws.Config, error) { return awsconfig.FromEnvironment() }

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
