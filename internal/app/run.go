package app

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/api"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// Run builds a Lambda function from the environment and serves its invocations. It returns only if the function can't be
// built: then it has logged why, and the process is to end.
func Run(build func(Service) (handler any, err error), wanted ...tables.Table) {
	ctx := context.Background()
	log := lambdacontext.NewLogger()
	service, err := FromEnvironment(ctx, log, wanted...)
	if err == nil {
		var handler any
		if handler, err = build(service); err == nil {
			start(ctx, service.handler(handler))
		}
	}
	log.ErrorContext(ctx, "start", "error", err)
	os.Exit(1)
}

// RunDocs serves what the API says of itself, with nothing of a [Service].
func RunDocs() {
	log := lambdacontext.NewLogger()
	start(context.Background(), lambda.NewHandler(Gateway(api.Docs(httpapi.Config{Log: log}), log)))
}

// start serves invocations until the process is told to end.
func start(ctx context.Context, handler lambda.Handler) {
	lambda.StartWithOptions(invoker{handler}, lambda.WithContext(ctx), lambda.WithEnableSIGTERM(func() { os.Exit(0) }))
}

// invoker hides that a handler was made by the library itself, which would not look at the options of the start then.
type invoker struct{ lambda.Handler }

// handler is a handler of invocations that is traced and measured.
func (s Service) handler(handler any) lambda.Handler {
	return s.Tracing.Invocations(s.Meter.Flushed(lambda.NewHandler(handler)))
}
