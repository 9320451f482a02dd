package annalslambda

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
)

// Command is the function behind the routes that change something: it decides commands and appends their events.
//
// Command and the other functions here serve Lambda's invocations until the process is told to end. If they can't
// start, they log why, and the process ends with status 1.
func Command(s *annals.Service) {
	run(s, annalsaws.CommandTables(s), func(d Deployment) (any, error) {
		r, h, err := d.command()
		if err == nil {
			err = before(context.Background(), r)
		}
		return Gateway(s, h, d.Log), err
	}, Deployment.withClients)
}

// Query is the function behind the routes that read: it answers from the read tables, and the audit trail from the
// event table.
func Query(s *annals.Service) {
	run(s, annalsaws.QueryTables(s), func(d Deployment) (any, error) {
		return d.QueryHandler()
	}, Deployment.withCatchUps)
}

// Projector is the function that receives the stream of the event table, and the catch-up queue: it maintains the read
// tables and the snapshots.
func Projector(s *annals.Service) {
	run(s, annalsaws.ProjectorTables(s), func(d Deployment) (any, error) { return handlerOf(d.Projector()) },
		Deployment.withCatchUps, Deployment.withFailures, Deployment.withRebuilds, Deployment.withNotifier)
}

// Reactor is the function that receives the stream of the event table, and the reaction queue: it answers events with
// commands, publishes those that are public, and tells of tampering. Pass [eventbus.Connect], or nil if the service
// publishes nothing.
//
// [eventbus.Connect]: https://pkg.go.dev/github.com/annals-es/annals/pkg/annals/publish/eventbus#Connect
func Reactor(s *annals.Service, connect Connecting) {
	run(s, annalsaws.ReactorTables(s), func(d Deployment) (any, error) { return handlerOf(d.Connect(connect).Reactor()) },
		Deployment.withReactionJobs, Deployment.withFailures, Deployment.withClients)
}

// Rebuilder is the function that the state machine of rebuilds invokes: it takes the rebuild of a read model from one
// stage to the next.
func Rebuilder(s *annals.Service) {
	run(s, annalsaws.RebuilderTables(s), func(d Deployment) (any, error) { return d.Rebuilder() }, Deployment.withCatchUps)
}

// Socket is the function behind the WebSocket API: it checks who connects, and keeps who is connected and what each
// wants to be told of.
func Socket(s *annals.Service) {
	run(s, annalsaws.SocketTables(s), func(d Deployment) (any, error) { return d.Socket(os.Getenv) })
}

// Docs is the function behind the routes that describe the API. Everyone may ask it, so it has access to nothing.
func Docs(s *annals.Service) {
	log := lambdacontext.NewLogger()
	h, err := annalshttp.Docs(s, annalshttp.Config{Log: log})
	if err != nil {
		log.ErrorContext(context.Background(), "start", "error", err)
		os.Exit(1)
	}
	start(context.Background(), lambda.NewHandler(Gateway(s, h, log)))
}

// run builds a function from the environment and serves its invocations.
func run(s *annals.Service, wanted []annalsaws.Table, build func(Deployment) (handler any, err error), parts ...part) {
	ctx := context.Background()
	log := lambdacontext.NewLogger()
	d, err := fromEnvironment(Configuration, s, log, wanted, parts...)
	if err == nil {
		var handler any
		if handler, err = build(d); err == nil {
			start(ctx, d.handler(handler))
		}
	}
	log.ErrorContext(ctx, "start", "error", err)
	os.Exit(1)
}

// handlerOf starts what takes the stream, if it could be built.
func handlerOf(p *Subscriber, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return p.Handler()
}

// start serves invocations until the process is told to end.
func start(ctx context.Context, handler lambda.Handler) {
	lambda.StartWithOptions(invoker{handler}, lambda.WithContext(ctx), lambda.WithEnableSIGTERM(func() { os.Exit(0) }))
}

// invoker hides that a handler was made by the library itself, which would not look at the options of the start then.
type invoker struct{ lambda.Handler }

// handler is a handler of invocations that is traced and measured.
func (d Deployment) handler(handler any) lambda.Handler {
	return d.Tracing.Invocations(d.Meter.Flushed(lambda.NewHandler(handler)))
}
