package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// Machine is the state machine that rebuilds read models.
type Machine struct {
	client *sfn.Client
	arn    string
	// Elsewhere is why no execution may be started, nil if one may.
	Elsewhere error
}

// NewMachine returns the state machine with an ARN, nil if arn is "".
func NewMachine(cfg aws.Config, arn string) *Machine {
	if arn == "" {
		return nil
	}
	return &Machine{client: sfn.NewFromConfig(cfg), arn: arn}
}

// Start starts an execution with a name.
//
// Errors: those of Step Functions.
func (m *Machine) Start(ctx context.Context, name string, s projection.Stage) error {
	if m.Elsewhere != nil {
		return fmt.Errorf("start execution %s: %w", name, m.Elsewhere)
	}
	input, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = m.client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &m.arn, Name: &name, Input: aws.String(string(input)),
	})
	if err != nil {
		return fmt.Errorf("start execution %s: %w", name, err)
	}
	return nil
}

// Failure returns the error of the execution with a name. It is nil while the execution runs, and if it succeeded.
//
// Errors: those of Step Functions.
func (m *Machine) Failure(ctx context.Context, name string) (*projection.StageError, error) {
	arn := strings.Replace(m.arn, ":stateMachine:", ":execution:", 1) + ":" + name
	out, err := m.client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)})
	switch {
	case err != nil:
		return nil, fmt.Errorf("describe execution %s: %w", name, err)
	case out.Status == types.ExecutionStatusRunning, out.Status == types.ExecutionStatusSucceeded:
		return nil, nil
	}
	if out.Error == nil {
		out.Error = aws.String(string(out.Status)) // it was aborted, or timed out
	}
	return &projection.StageError{Error: *out.Error, Cause: aws.ToString(out.Cause)}, nil
}
