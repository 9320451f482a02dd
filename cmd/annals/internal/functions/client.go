// Package functions asks a service's functions for what needs the service's own code, and its state machine for
// rebuilds. Start with [New].
package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
)

// Client asks functions.
type Client struct {
	lambda *lambda.Client
	names  map[annalsaws.Function]string
	// only is the command that may only ask for what reads. "" = all may be asked for.
	only string
}

// New returns a client of the functions that have these names. If only names a command, the client refuses tasks that
// change something.
func New(cfg aws.Config, names map[annalsaws.Function]string, only string) *Client {
	return &Client{names: names, only: only, lambda: lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		o.HTTPClient = awshttp.NewBuildableClient() // which waits as long as the context lets it
	})}
}

// reading are the tasks that change nothing. To ask for one again does no harm.
var reading = []ask.Task{ask.State, ask.Readable}

// repeatable are the tasks that may be asked for twice.
var repeatable = append(slices.Clone(reading), ask.CatchUp, ask.Reconcile)

// How long to wait for an answer. Functions behind the API end within 30 s; no function runs for more than 15 minutes.
const (
	queryTimeout = 35 * time.Second
	otherTimeout = 15*time.Minute + 10*time.Second
)

// Ask has a function do a task.
//
// Errors: those of the task, which [ask.Error] unwraps to; a function that does not exist, does not start, is
// throttled, or has not enough time; Lambda's. Each names the function.
func (c *Client) Ask(ctx context.Context, f annalsaws.Function, in ask.Request) (*ask.Answer, error) {
	name := c.names[f]
	if name == "" {
		return nil, fmt.Errorf("the service has no %s function: deploy the stack again", f)
	}
	if c.only != "" && !slices.Contains(reading, in.Task) {
		return nil, fmt.Errorf("%s only looks, and does not ask the %s function for %q", c.only, f, in.Task)
	}
	payload, err := json.Marshal(ask.Envelope{Annals: &in})
	if err != nil {
		return nil, err
	}
	timeout := otherTimeout
	if f == annalsaws.Query {
		timeout = queryTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, err := c.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: payload}, func(o *lambda.Options) {
		if !slices.Contains(repeatable, in.Task) {
			o.Retryer = aws.NopRetryer{}
		}
	})
	if err != nil {
		return nil, explained(err, name)
	}
	if out.FunctionError != nil {
		return nil, failed(out.Payload, name)
	}
	var reply ask.Reply
	if err := json.Unmarshal(out.Payload, &reply); err != nil || reply.Annals == nil {
		return nil, fmt.Errorf("function %s does not know the task %q: an older version of Annals was deployed; deploy again",
			name, in.Task)
	}
	if reply.Annals.Error != nil {
		return nil, fmt.Errorf("function %s: %w", name, reply.Annals.Error)
	}
	return reply.Annals, nil
}

// explained says what to do about an invocation that did not happen.
func explained(err error, name string) error {
	switch {
	case errors.As(err, new(*types.TooManyRequestsException)):
		return fmt.Errorf("function %s is throttled: as many of it run as its concurrency allows; try again: %w", name, err)
	case errors.As(err, new(*types.ResourceNotFoundException)):
		return fmt.Errorf("function %s does not exist: is it the right region and account? deploy the stack again: %w",
			name, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("function %s has not answered: what it did stays done: %w", name, err)
	}
	return fmt.Errorf("invoke function %s: %w", name, err)
}
