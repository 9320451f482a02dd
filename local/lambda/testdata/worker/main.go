// Worker is a Lambda function that does what its event says.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do    string `json:"do"`
	For   int    `json:"for"` // milliseconds
	Size  int    `json:"size"`
	Name  string `json:"name"`
	Await string `json:"await"` // a file to wait for
	Start string `json:"start"` // a file to make when the work begins
}

func main() {
	if os.Getenv("BROKEN") != "" {
		fmt.Fprintln(os.Stderr, "cannot start")
		os.Exit(3)
	}
	var options []lambda.Option
	if file := os.Getenv("ON_SIGTERM"); file != "" {
		options = append(options, lambda.WithEnableSIGTERM(func() { _ = os.WriteFile(file, nil, 0o600) }))
	}
	lambda.StartWithOptions(handle, options...)
}

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if e.Start != "" {
		if err := os.WriteFile(e.Start, nil, 0o600); err != nil {
			return nil, err
		}
	}
	for e.Await != "" {
		if _, err := os.Stat(e.Await); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(time.Duration(e.For) * time.Millisecond)
	switch e.Do {
	case "fail":
		return nil, errors.New("as asked")
	case "panic":
		panic("as asked")
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "print":
		fmt.Println("first\nsecond")
		fmt.Fprint(os.Stderr, "no newline")
		os.Exit(0)
	case "big":
		return strings.Repeat("x", e.Size), nil
	case "env":
		return os.Getenv(e.Name), nil
	case "context":
		lc, _ := lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		return map[string]any{
			"id": lc.AwsRequestID, "arn": lc.InvokedFunctionArn, "left": time.Until(deadline).Milliseconds(),
			"trace": os.Getenv("_X_AMZN_TRACE_ID"), "environ": os.Environ(),
		}, nil
	}
	return map[string]any{"pid": os.Getpid(), "event": raw}, nil
}
