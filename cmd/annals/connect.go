package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/spf13/cobra"

	"github.com/annals-es/annals/internal/awsconfig/profiles"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/inspect/feed"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/annals/publish/eventbus"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// session is a connection to a service.
type session struct {
	annalslambda.Deployment
	*inspect.Inspector
	operator *annalslambda.Operator
	store    *dynamostore.Store
	aws      aws.Config
}

// locate puts into the environment where the service is.
func (c *cli) locate(ctx context.Context) error {
	switch {
	case c.local && c.stack != "":
		return usage("--local and --stack name two services: give one")
	case c.local:
		return c.useLocal(ctx)
	case c.stack != "":
		return useStack(ctx, c.stack)
	}
	return nil
}

// connect connects to the service.
func (c *cli) connect(cmd *cobra.Command) (*session, error) {
	ctx := cmd.Context()
	if err := c.locate(ctx); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(people{cmd.ErrOrStderr()}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var (
		s   session
		err error
	)
	if s.aws, err = profiles.Load(ctx); err != nil {
		return nil, err
	}
	s.Deployment, err = annalslambda.FromEnvironment(s.aws, service, log, annalsaws.Tables(service)...)
	switch {
	case err != nil && !c.local && c.stack == "":
		return nil, fmt.Errorf("%w: say where the service is with --local or --stack NAME", err)
	case err != nil:
		return nil, err
	}
	s.Deployment = s.Connect(eventbus.Connect)
	if !writes(cmd) {
		s.DynamoDB = readOnly(s.DynamoDB, cmd.CommandPath())
	}
	if s.operator, err = s.Operator(c.rebuild); err != nil {
		return nil, err
	}
	events := s.Tables.Of(annalsaws.Events)
	if s.store, err = dynamostore.New(s.DynamoDB, events, dynamostore.Config{Log: log}); err != nil {
		return nil, err
	}
	follow := feed.Config{Every: time.Second}
	if s.DynamoDB.Options().BaseEndpoint != nil { // not AWS, whose streams have no third reader to spare
		follow.Every, follow.Budget.Requests = 200*time.Millisecond, 400
	}
	s.Inspector, err = s.Deployment.Inspector(s.operator, inspect.Config{
		Feed:  feed.New(s.DynamoDB, s.aws, events, follow),
		Every: follow.Every, UnitsPerSecond: c.units,
	})
	return &s, err
}

// operator connects to what keeps the read models.
func (c *cli) operator(cmd *cobra.Command) (*annalslambda.Operator, error) {
	s, err := c.connect(cmd)
	if err != nil {
		return nil, err
	}
	return s.operator, nil
}

// useStack takes over the names of the tables and queues that a stack has as outputs.
func useStack(ctx context.Context, name string) error {
	cfg, err := profiles.Load(ctx)
	if err != nil {
		return err
	}
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return fmt.Errorf("the outputs of stack %s: %w", name, err)
	}
	outputs := map[string]string{}
	for _, stack := range out.Stacks {
		for _, o := range stack.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	env, err := environmentOf(outputs)
	if err != nil {
		return fmt.Errorf("stack %s: %w", name, err)
	}
	maps.Copy(env, failuresOf(outputs, cfg))
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// environmentOf is the environment that the outputs of a stack stand for.
func environmentOf(outputs map[string]string) (map[string]string, error) {
	wanted := map[string]string{annalsaws.CatchUpQueueEnv: "CatchUpQueueUrl", annalsaws.ReactionQueueEnv: "ReactionQueueUrl"}
	for _, t := range annalsaws.Tables(service) {
		wanted[t.Env()] = t.Output()
	}
	env := map[string]string{}
	var missing []string
	for name, output := range wanted {
		if env[name] = outputs[output]; env[name] == "" {
			missing = append(missing, output)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("it has no outputs %s: is it a stack of this service, and of this version?", strings.Join(slices.Sorted(slices.Values(missing)), ", "))
	}
	if machine := outputs["RebuildMachineArn"]; machine != "" {
		env[annalsaws.RebuildMachineEnv] = machine
	}
	return env, nil
}
