// Package functions invokes a service's functions for the tasks that need the service's code, and its state machine for
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

// Client invokes a service's functions.
type Client struct {
	lambda *lambda.Client
	names  map[annalsaws.Function]string
	// only is the name of the command, if it is read-only. If it is "", all tasks are allowed.
	only string
	// elsewhere is why the functions must not be asked, nil if they may.
	elsewhere error
	// table is the event table that the tool reads.
	table string
}

// On says on which event table the tool works: a function of another one refuses its tasks. elsewhere is why none may
// be asked, nil if they may. It returns the client.
func (c *Client) On(table string, elsewhere error) *Client {
	c.table, c.elsewhere = table, elsewhere
	return c
}

// New returns a client of the functions with these names. only is the name of a read-only command: the client then
// refuses tasks that change something. If only is "", it allows all tasks.
func New(cfg aws.Config, names map[annalsaws.Function]string, only string) *Client {
	cfg.HTTPClient = waiting(cfg.HTTPClient)
	return &Client{names: names, only: only, lambda: lambda.NewFromConfig(cfg)}
}

// waiting returns the client without a timeout of its own: the context has one. All else stays as configured: it trusts
// the certificates of AWS_CA_BUNDLE.
func waiting(configured aws.HTTPClient) aws.HTTPClient {
	if client, is := configured.(*awshttp.BuildableClient); is {
		return client.WithTimeout(0)
	}
	return configured
}

// reading are the tasks that change nothing.
var reading = []ask.Task{
	ask.State, ask.Readable, ask.Subject, ask.Export, ask.Plain, ask.Checkpoints, ask.Parked,
}

// repeatable are the tasks that are retried if an invocation fails: to do one twice does no harm.
var repeatable = append(slices.Clone(reading), ask.CatchUp, ask.Reconcile, ask.Forget, ask.AskDeadlines)

// How long to wait for an answer. Functions behind the API end within 30 s; no function runs for more than 15 minutes.
const (
	queryTimeout = 35 * time.Second
	otherTimeout = 15*time.Minute + 10*time.Second
)

// Ask makes a function do a task.
//
// Errors: those of the task, which [ask.Error] unwraps to; one if the function does not exist, does not start, is
// throttled, or runs out of time; those of Lambda. Each names the function.
func (c *Client) Ask(ctx context.Context, f annalsaws.Function, in ask.Request) (*ask.Answer, error) {
	name := c.names[f]
	if name == "" {
		return nil, fmt.Errorf("the service has no %s function: deploy the stack again", f)
	}
	if c.elsewhere != nil {
		return nil, fmt.Errorf("the %s function is not asked for %q: %w", f, in.Task, c.elsewhere)
	}
	in.Table = c.table
	if c.only != "" && !slices.Contains(reading, in.Task) {
		return nil, fmt.Errorf("%s is read-only: task %q of the %s function refused", c.only, in.Task, f)
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
		return nil, FailedError{failed(out.Payload, name)}
	}
	var reply ask.Reply
	if err := json.Unmarshal(out.Payload, &reply); err != nil || reply.Annals == nil {
		return nil, fmt.Errorf("function %s does not know the task %q: it was deployed with an older version of Annals; "+
			"deploy it again", name, in.Task)
	}
	if reply.Annals.Error != nil {
		return nil, fmt.Errorf("function %s: %w", name, reply.Annals.Error)
	}
	return reply.Annals, nil
}

// explained adds advice to the error of an invocation that did not happen.
func explained(err error, name string) error {
	switch {
	case errors.As(err, new(*types.TooManyRequestsException)):
		return fmt.Errorf("function %s is throttled: its concurrency is used up; try again: %w", name, err)
	case errors.As(err, new(*types.ResourceNotFoundException)):
		return fmt.Errorf("function %s does not exist: check the region and the account, or deploy the stack again: %w",
			name, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("function %s has not answered in time; its changes until now stay: %w", name, err)
	}
	return fmt.Errorf("invoke function %s: %w", name, err)
}
