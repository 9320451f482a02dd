package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Machine starts executions of the state machine that builds read models anew.
type Machine interface {
	projection.Starter

	// Failure is what ended the execution of that name: nil as long as it runs, and if it came to its end.
	//
	// Errors: those of Step Functions.
	Failure(ctx context.Context, name string) (*projection.StageError, error)
}

type machine struct {
	client *sfn.Client
	arn    string
}

// RebuildMachine returns the state machine with an ARN, nil if that is "". Its client is tuned to fail in time.
// AWS_ENDPOINT_URL_SFN redirects it.
func RebuildMachine(cfg aws.Config, arn string) Machine {
	if arn == "" {
		return nil
	}
	client := sfn.NewFromConfig(cfg, func(o *sfn.Options) { o.APIOptions = append(o.APIOptions, InTime) })
	return &machine{client: client, arn: arn}
}

// Start implements [projection.Starter]. Step Functions knows the names of executions for 90 days.
func (m *machine) Start(ctx context.Context, name string, s projection.Stage) error {
	input, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = m.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(m.arn), Name: aws.String(name), Input: aws.String(string(input)),
	})
	var there *types.ExecutionAlreadyExists
	if err == nil || errors.As(err, &there) {
		return nil
	}
	return fmt.Errorf("start execution %s: %w", name, err)
}

// Failure implements [Machine].
func (m *machine) Failure(ctx context.Context, name string) (*projection.StageError, error) {
	arn := strings.Replace(m.arn, ":stateMachine:", ":execution:", 1) + ":" + name
	out, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)})
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at execution %s: %w", name, err)
	case out.Status == types.ExecutionStatusRunning, out.Status == types.ExecutionStatusSucceeded:
		return nil, nil
	}
	if out.Error == nil {
		out.Error = aws.String(string(out.Status)) // somebody ended it
	}
	return &projection.StageError{Error: *out.Error, Cause: aws.ToString(out.Cause)}, nil
}
