package annalslambda

import (
	"context"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
)

// Command is the function behind the routes that change something: it decides commands and appends their events.
//
// Like the other functions below, it serves Lambda's invocations until Lambda ends the process. If it can't start, it
// logs "start failed" with the error and exits with status 1.
func Command(s *annals.Service) {
	run(s, annalsaws.CommandTables, func(d Deployment) (any, error) {
		r, h, err := d.command()
		if err == nil {
			err = before(context.Background(), r)
		}
		return Gateway(d.Service, h, d.Log), err
	}, Deployment.withClients)
}

// Query is the function behind the routes that read: it answers from the read tables. It answers the audit trail from
// the event table.
func Query(s *annals.Service) {
	run(s, annalsaws.QueryTables, func(d Deployment) (any, error) {
		return d.QueryHandler()
	}, Deployment.withCatchUps)
}

// Projector is the function that maintains the read tables and the snapshots. It receives the stream of the event table
// and the catch-up queue.
func Projector(s *annals.Service) {
	run(s, annalsaws.ProjectorTables, func(d Deployment) (any, error) { return handlerOf(d.Projector()) },
		Deployment.withCatchUps, Deployment.withFailures, Deployment.withRebuilds, Deployment.withNotifier)
}

// Reactor is the function that runs the reactions, publishes the public events and counts tampered commits. It receives
// the stream of the event table and the reaction queue. Pass [eventbus.Connect], or nil if the service publishes
// nothing.
//
// [eventbus.Connect]: https://pkg.go.dev/github.com/annals-es/annals/pkg/annals/publish/eventbus#Connect
func Reactor(s *annals.Service, connect Connecting) {
	run(s, annalsaws.ReactorTables, func(d Deployment) (any, error) { return handlerOf(d.Connect(connect).Reactor()) },
		Deployment.withReactionJobs, Deployment.withFailures, Deployment.withClients, Deployment.withForgetting,
		Deployment.withDeadlines)
}

// Rebuilder is the function that state machines invoke. It takes the rebuild of a read model from one stage to the
// next, and forgets people.
func Rebuilder(s *annals.Service) {
	run(s, annalsaws.RebuilderTables, func(d Deployment) (any, error) { return d.RebuilderHandler() },
		Deployment.withCatchUps)
}

// Socket is the function behind the WebSocket API. It checks the tokens of clients, and stores the connections and
// their subscriptions.
func Socket(s *annals.Service) {
	run(s, annalsaws.SocketTables, func(d Deployment) (any, error) { return d.Socket(os.Getenv) })
}

// Docs is the function behind the routes that describe the API. These routes are public, so the function has no
// permissions.
func Docs(s *annals.Service) {
	log := lambdacontext.NewLogger()
	stores, err := storesBeside()
	var h http.Handler
	if err == nil {
		s = s.On(stores...)
		h, err = annalshttp.Docs(s, annalshttp.Config{Log: log})
	}
	if err != nil {
		log.ErrorContext(context.Background(), "start failed", "error", err)
		os.Exit(1)
	}
	start(context.Background(), lambda.NewHandler(Gateway(s, h, log)))
}

// run builds a function from the environment and serves its invocations.
func run(
	s *annals.Service, wanted func(*annals.Service) []annalsaws.Table, build func(Deployment) (handler any, err error), parts ...part,
) {
	ctx := context.Background()
	log := lambdacontext.NewLogger()
	d, err := fromEnvironment(Configuration, s, log, wanted, parts...)
	if err == nil {
		var handler any
		if handler, err = build(d); err == nil {
			start(ctx, d.handler(handler))
		}
	}
	log.ErrorContext(ctx, "start failed", "error", err)
	os.Exit(1)
}

// handlerOf returns the handler of a subscriber. It passes on the error of making the subscriber.
func handlerOf(p *Subscriber, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return p.Handler()
}

// start serves invocations until SIGTERM.
func start(ctx context.Context, handler lambda.Handler) {
	lambda.StartWithOptions(invoker{handler}, lambda.WithContext(ctx), lambda.WithEnableSIGTERM(func() { os.Exit(0) }))
}

// invoker hides the handler's own type from aws-lambda-go, which ignores the options of the start for handlers that it
// made itself.
type invoker struct{ lambda.Handler }

// handler adds tracing and metrics to a handler of invocations.
func (d Deployment) handler(handler any) lambda.Handler {
	return d.Tracing.Invocations(d.Meter.Flushed(lambda.NewHandler(handler)))
}
