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

type machine struct {
	client *sfn.Client
	arn    string
}

// RebuildMachine returns a starter that starts executions of the state machine of rebuilds, nil if arn is "". Its calls
// end in time, see [InTime]. AWS_ENDPOINT_URL_SFN redirects them.
func RebuildMachine(cfg aws.Config, arn string) projection.Starter {
	if arn == "" {
		return nil
	}
	client := sfn.NewFromConfig(cfg, func(o *sfn.Options) { o.APIOptions = append(o.APIOptions, InTime) })
	return &machine{client: client, arn: arn}
}

// Start implements [projection.Starter]. Step Functions refuses the name of an execution again for 90 days.
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
