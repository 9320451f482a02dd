package runner

import (
	"encoding/json"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

// TestInvocations: a program finds Lambda's API where it is told, and invokes functions under the key that it is given;
// a function may invoke what its role allows; concurrency that is used up is said.
func TestInvocations(t *testing.T) {
	t.Parallel()
	dir := system(t)
	p := launch(t, t.TempDir(), dir, shared(t), "CONCURRENCY=1")
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	env := map[string]string{}
	status, body := p.get("/_local/functions/ApiFunction/environment")
	if err := json.Unmarshal([]byte(body), &env); err != nil {
		t.Fatalf("environment of the function: status %d, %v", status, err)
	}
	as := func(key string) *lambda.Client {
		return lambda.New(lambda.Options{
			BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL_LAMBDA"]), Region: env["AWS_REGION"], Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider(key, "x", ""),
		})
	}
	stack := strings.TrimSuffix(env["EVENTS"], "-Events")
	api, projector := aws.String(stack+"-ApiFunction"), aws.String(stack+"-ProjectorFunction")
	post := []byte(`{"requestContext":{"http":{"method":"POST"}},"pathParameters":{"id":"invoked"}}`)

	out, err := as(env["AWS_ACCESS_KEY_ID"]).Invoke(t.Context(), &lambda.InvokeInput{FunctionName: api, Payload: post})
	if err != nil || !strings.Contains(string(out.Payload), `"statusCode":201`) {
		t.Fatalf("invoke the API's function: %v, %v, want status 201", out, err)
	}
	record := []byte(`{"Records":[{"dynamodb":{"NewImage":{"p":{"S":"by hand"}}}}]}`)
	if _, err = as("CourierFunction").Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: projector, InvocationType: types.InvocationTypeEvent, Payload: record,
	}); err != nil {
		t.Error(err)
	}
	eventually(t, "the event arrives", func() bool { return strings.Contains(p.stdout(), "projecting by hand") })
	_, err = as("ApiFunction").Invoke(t.Context(), &lambda.InvokeInput{FunctionName: projector, Payload: record})
	if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != "AccessDeniedException" ||
		!strings.Contains(refused.ErrorMessage(), "is not authorized to perform: lambda:InvokeFunction on resource: "+
			"arn:aws:lambda:us-east-1:000000000000:function:"+*projector) {
		t.Errorf("invoke a function without the right to: %v, want AccessDeniedException", err)
	}

	slow := make(chan int)
	go func() { slow <- p.send("POST", "/items/slow?wait=2s") }()
	eventually(t, "it is busy", func() bool {
		_, counted := p.get("/_local/functions")
		return strings.Contains(counted, `"ApiFunction":{"invocations":2,`)
	})
	_, err = as("local").Invoke(t.Context(), &lambda.InvokeInput{FunctionName: api, Payload: post})
	busy, ok := errors.AsType[*types.TooManyRequestsException](err)
	if !ok || busy.Reason != types.ThrottleReasonConcurrentInvocationLimitExceeded {
		t.Errorf("invoke a busy function: %v, want TooManyRequestsException for its concurrency", err)
	}
	<-slow
}
