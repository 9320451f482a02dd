package annalslambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/annals-es/annals/pkg/es/projection"
)

// machine is a state machine of Step Functions.
type machine struct {
	client *sfn.Client
	arn    string
}

func newMachine(cfg aws.Config, arn string) machine {
	return machine{sfn.NewFromConfig(cfg, func(o *sfn.Options) { o.APIOptions = append(o.APIOptions, InTime) }), arn}
}

// RebuildMachine returns a starter that starts executions of the state machine of rebuilds, nil if arn is "". Its calls
// end in time, see [InTime]. AWS_ENDPOINT_URL_SFN redirects them.
func RebuildMachine(cfg aws.Config, arn string) projection.Starter {
	if arn == "" {
		return nil
	}
	return rebuildMachine{newMachine(cfg, arn)}
}

type rebuildMachine struct{ machine }

// Start implements [projection.Starter].
func (m rebuildMachine) Start(ctx context.Context, name string, s projection.Stage) error {
	return m.start(ctx, name, s)
}

// ForgetMachine returns a function that starts executions of the state machine that forgets people, for
// [Deployment.Forget]. It returns nil if arn is "". The calls are as those of [RebuildMachine].
func ForgetMachine(cfg aws.Config, arn string) func(ctx context.Context, name, subject string) error {
	if arn == "" {
		return nil
	}
	m := newMachine(cfg, arn)
	return func(ctx context.Context, name, subject string) error {
		return m.start(ctx, name, ForgetRequest{subject})
	}
}

// start starts an execution, unless one of that name was started before. Step Functions refuses the name of an execution
// again for 90 days.
func (m machine) start(ctx context.Context, name string, with any) error {
	input, err := json.Marshal(with)
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
