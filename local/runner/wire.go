package runner

import (
	"context"
	"maps"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/tables"
	"github.com/annals-es/annals/local/template"
)

// wire creates everything that the template declares.
func (r *runner) wire(ctx context.Context, system *template.System) error {
	db := tables.NewClient(r.endpoint)
	if r.fresh && r.database == nil {
		if err := tables.Drop(ctx, db, system.Tables); err != nil {
			return err
		}
	}
	streams, err := tables.Ensure(ctx, db, system.Tables)
	if err != nil {
		return err
	}
	if r.gate, err = openGate(system, r.endpoint); err != nil {
		return err
	}
	if err := r.openQueues(system); err != nil {
		return err
	}
	r.openBuckets(system) //nolint:contextcheck // buckets report objects as long as the runner runs
	if err := r.openSchedules(ctx, system); err != nil {
		return err
	}
	if err := r.openBuses(system); err != nil {
		return err
	}
	if r.host, err = lambda.NewHost(); err != nil {
		return err
	}
	functions := map[string]*lambda.Function{}
	for _, f := range system.Functions {
		functions[f.ID] = r.host.Function(r.functionConfig(f))
	}
	r.openInvokes(system, functions)
	if r.mappings, err = r.newMappings(system, streams, functions); err != nil {
		return err
	}
	r.gate.Written = r.mappings.wake
	if err := r.serve(ctx, system, functions); err != nil {
		return err
	}
	if err := r.openMachines(system, functions); err != nil {
		return err
	}
	r.mappings.start(r.ended)
	r.scheduler.Start() //nolint:contextcheck // until the runner stops
	return nil
}

func (r *runner) functionConfig(f template.Function) lambda.Config {
	env := r.services(r.gate.Address())
	env["AWS_ACCESS_KEY_ID"] = f.ID // identifies the function, see access.Control
	maps.Copy(env, f.Env)
	maps.Copy(env, r.addresses()) // whatever the template says
	concurrency := f.Reserved
	if concurrency < 0 {
		concurrency = r.concurrency
	}
	return lambda.Config{
		Name: f.Name, ARN: f.ARN, Dir: f.Dir, Timeout: f.Timeout, MemoryMB: f.MemoryMB, Processes: f.Reserved,
		Concurrency: concurrency,
		Env:         env, Region: template.Region, LogFormat: f.LogFormat, LogLevel: f.LogLevel,
		Stdout: lambda.Prefixed(r.out, &r.output, f.ID+" | "),
		Stderr: lambda.Prefixed(r.errOut, &r.output, f.ID+" | "),
	}
}

// services are the variables with the addresses of AWS's services, with the given one for DynamoDB, and of the other
// stores.
func (r *runner) services(dynamoDB string) map[string]string {
	env := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB":         dynamoDB,
		"AWS_ENDPOINT_URL_DYNAMODB_STREAMS": dynamoDB,
		"AWS_ENDPOINT_URL_SQS":              r.sqs.Address(),
		"AWS_ENDPOINT_URL_S3":               r.s3.Address(),
		"AWS_ENDPOINT_URL_EVENTBRIDGE":      r.events.Address(),
		"AWS_ENDPOINT_URL_SFN":              r.sfn.Address(),
		"AWS_ENDPOINT_URL_LAMBDA":           r.invokes.Address(),
		"AWS_ENDPOINT_URL_SCHEDULER":        r.schedules.Address(),
		// The endpoint that sends messages to connections of the WebSocket API.
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": r.address() + socketPath,
	}
	maps.Copy(env, r.addresses())
	return env
}

// addresses are the variables with the addresses of the stores besides DynamoDB.
func (r *runner) addresses() map[string]string {
	env := map[string]string{}
	for _, s := range r.running {
		env[s.variable] = s.url
	}
	return env
}
