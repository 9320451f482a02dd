package invoke

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/lambda"
)

// function answers what it is asked to.
type function func(payload []byte) ([]byte, error)

func (f function) Invoke(_ context.Context, payload []byte) ([]byte, error) { return f(payload) }

const ours = "arn:aws:lambda:us-east-1:000000000000:function:"

// serve answers for functions, and returns AWS's own client for them.
func serve(t *testing.T, mayInvoke func(http.Header, string) error, functions ...Function) (*Server, *client.Client) {
	t.Helper()
	s, err := Listen("000000000000", "us-east-1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.MayInvoke = mayInvoke
	s.Serve(functions...)
	return s, client.New(client.Options{
		BaseEndpoint: aws.String(s.Address()), Region: "us-east-1", Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("ApiFunction", "x", ""),
	})
}

func echo(name string) Function {
	return Function{Name: name, Invoker: function(func(payload []byte) ([]byte, error) { return payload, nil })}
}

// TestInvoke: a function answers by its name, its ARN and part of it.
func TestInvoke(t *testing.T) {
	t.Parallel()
	_, c := serve(t, nil, echo("Sys-Echo"))
	for _, name := range []string{
		"Sys-Echo", ours + "Sys-Echo", "000000000000:function:Sys-Echo", ours + "Sys-Echo:$LATEST", "Sys-Echo:$LATEST",
	} {
		out, err := c.Invoke(t.Context(), &client.InvokeInput{
			FunctionName: &name, Payload: []byte(`{"a":1}`), LogType: types.LogTypeTail,
		})
		if err != nil {
			t.Fatalf("invoke %s: %v", name, err)
		}
		if out.StatusCode != 200 || string(out.Payload) != `{"a":1}` || out.FunctionError != nil ||
			*out.ExecutedVersion != "$LATEST" {
			t.Errorf("invoke %s: status %d, payload %s, function error %v; want 200 and the payload of the request",
				name, out.StatusCode, out.Payload, out.FunctionError)
		}
	}
	out, err := c.Invoke(t.Context(), &client.InvokeInput{
		FunctionName: aws.String("Sys-Echo"), Qualifier: aws.String("$LATEST"),
	})
	if err != nil || string(out.Payload) != "{}" {
		t.Errorf("without an event: %v, %v", out, err)
	}
}

// TestFunctionError: a function that fails is an answer, which says so.
func TestFunctionError(t *testing.T) {
	t.Parallel()
	_, c := serve(t, nil, Function{Name: "f", Invoker: function(func([]byte) ([]byte, error) {
		return nil, &lambda.FunctionError{Type: "RefusalError", Message: "no such projection"}
	})})
	out, err := c.Invoke(t.Context(), &client.InvokeInput{FunctionName: aws.String("f")})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := json.Unmarshal(out.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" || got["errorType"] != "RefusalError" ||
		got["errorMessage"] != "no such projection" {
		t.Errorf("invoke a function that refuses: status %d, function error %s, payload %s; want 200, Unhandled, "+
			"RefusalError", out.StatusCode, aws.ToString(out.FunctionError), out.Payload)
	}
}

// TestDryRun asks whether a function may be invoked, and invokes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	_, c := serve(t, nil, Function{Name: "f", Invoker: function(func([]byte) ([]byte, error) { panic("invoked") })})
	out, err := c.Invoke(t.Context(), &client.InvokeInput{
		FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun,
	})
	if err != nil || out.StatusCode != 204 {
		t.Errorf("dry run: %v, %v, want status 204", out, err)
	}
}

// TestRefusals: each refusal has Lambda's code, and says what was asked for.
func TestRefusals(t *testing.T) {
	t.Parallel()
	_, c := serve(t, func(_ http.Header, arn string) error {
		if strings.HasSuffix(arn, ":secret") {
			return errors.New("User: x is not authorized to perform: lambda:InvokeFunction on resource: " + arn)
		}
		return nil
	},
		echo("f"), echo("secret"),
		Function{Name: "busy", Invoker: function(func([]byte) ([]byte, error) { return nil, lambda.ErrThrottled })},
		Function{
			Name:     "reserved",
			Reserved: true,
			Invoker:  function(func([]byte) ([]byte, error) { return nil, lambda.ErrThrottled }),
		},
		Function{Name: "ending", Invoker: function(func([]byte) ([]byte, error) { return nil, lambda.ErrClosed })},
		Function{Name: "full", Invoker: function(func([]byte) ([]byte, error) { return nil, lambda.ErrPayloadTooLarge })},
	)
	large := func(n int) []byte { return []byte(`"` + strings.Repeat("x", n) + `"`) }
	for name, test := range map[string]struct {
		in            client.InvokeInput
		code, message string
	}{
		"no such function": {
			client.InvokeInput{FunctionName: aws.String("g")}, "ResourceNotFoundException", "Function not found: " + ours + "g",
		},
		"another region": {
			client.InvokeInput{FunctionName: aws.String("arn:aws:lambda:eu-west-1:000000000000:function:f")},
			"ResourceNotFoundException", "eu-west-1",
		},
		"another account": {
			client.InvokeInput{FunctionName: aws.String("111122223333:function:f")}, "ResourceNotFoundException", ours + "f",
		},
		"a version": {
			client.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7")},
			"ResourceNotFoundException", ours + "f:7",
		},
		"no name": {
			client.InvokeInput{FunctionName: aws.String("a/b")}, "ValidationException", "neither the name nor the ARN",
		},
		"not allowed": {
			client.InvokeInput{FunctionName: aws.String("secret")}, "AccessDeniedException",
			"lambda:InvokeFunction on resource: " + ours + "secret",
		},
		"not to be asked about": {
			client.InvokeInput{FunctionName: aws.String("secret"), InvocationType: types.InvocationTypeDryRun},
			"AccessDeniedException", "secret",
		},
		"no JSON": {
			client.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("{")}, "InvalidRequestContentException", "json",
		},
		"too large": {
			client.InvokeInput{FunctionName: aws.String("f"), Payload: large(maxEvent)},
			"RequestTooLargeException", "6291456 bytes",
		},
		"too large there": {
			client.InvokeInput{FunctionName: aws.String("full")}, "RequestTooLargeException", "6291456 bytes",
		},
		"too large an event": {
			client.InvokeInput{
				FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent, Payload: large(maxSentEvent),
			},
			"RequestTooLargeException", "1048576 bytes",
		},
		"another type": {
			client.InvokeInput{FunctionName: aws.String("f"), InvocationType: "Perhaps"},
			"InvalidParameterValueException", "Perhaps",
		},
		"a context": {
			client.InvokeInput{FunctionName: aws.String("f"), ClientContext: aws.String("e30=")},
			"InvalidParameterValueException", "X-Amz-Client-Context",
		},
		"busy":     {client.InvokeInput{FunctionName: aws.String("busy")}, "TooManyRequestsException", "Rate Exceeded."},
		"reserved": {client.InvokeInput{FunctionName: aws.String("reserved")}, "TooManyRequestsException", "Rate Exceeded."},
		"ending": {
			client.InvokeInput{FunctionName: aws.String("ending")},
			"ServiceException", "invoke ending: functions are shutting down",
		},
	} {
		_, err := c.Invoke(t.Context(), &test.in)
		refused, ok := errors.AsType[smithy.APIError](err)
		if !ok || refused.ErrorCode() != test.code || !strings.Contains(refused.ErrorMessage(), test.message) {
			t.Errorf("%s: %v, want %s: %s", name, err, test.code, test.message)
		}
		if busy, ok := errors.AsType[*types.TooManyRequestsException](err); ok &&
			(busy.Reason == types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded) != (name == "reserved") {
			t.Errorf("%s: throttled because of %s", name, busy.Reason)
		}
	}
}

// TestOtherCalls: unsupported calls are refused with the reason.
func TestOtherCalls(t *testing.T) {
	t.Parallel()
	s, c := serve(t, nil, echo("f"))
	_, err := c.GetFunction(t.Context(), &client.GetFunctionInput{FunctionName: aws.String("f")})
	if refused, ok := errors.AsType[smithy.APIError](err); !ok || refused.ErrorCode() != "UnknownOperationException" ||
		!strings.Contains(refused.ErrorMessage(), "GET /2015-03-31/functions/f is not supported locally") {
		t.Errorf("an operation that is not supported: %v, want UnknownOperationException", err)
	}
	answer, err := http.Post(s.Address()+"/2015-03-31/functions/f/invocations", "",
		io.MultiReader(bytes.NewReader([]byte("7"))))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, _ := io.ReadAll(answer.Body); string(body) != "7" || answer.Header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("invoke by curl: %s, payload %s, want 7 and a request id", answer.Status, body)
	}
}
