package functions_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/cmd/annals/internal/functions"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// answering is what answers as Lambda and Step Functions do.
func answering(t *testing.T, answer http.HandlerFunc) aws.Config {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
}

var names = map[annalsaws.Function]string{annalsaws.Query: "S-Query", annalsaws.Projector: "S-Projector"}

// lambdaSays is what Lambda answers, and what a tool makes of it.
type lambdaSays struct {
	task                    ask.Task // "" = rollback
	status                  int
	failed, exception, body string
	want                    string
	requests                int // 0 = one
}

func (s lambdaSays) answer(w http.ResponseWriter) {
	if s.failed != "" {
		w.Header().Set("X-Amz-Function-Error", s.failed)
	}
	if s.exception != "" {
		w.Header().Set("X-Amzn-Errortype", s.exception)
		w.WriteHeader(s.status)
	}
	_, _ = io.WriteString(w, s.body)
}

// TestTrust: a client that waits for long trusts the certificates that the configuration trusts (AWS_CA_BUNDLE), and it
// waits longer than the configuration lets other requests wait.
func TestTrust(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
		_, _ = io.WriteString(w, `{"annals":{}}`)
	}))
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := awshttp.NewBuildableClient().WithTimeout(time.Millisecond).WithTransportOptions(func(tr *http.Transport) {
		tr.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	})
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, HTTPClient: trusting,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	}
	if _, err := functions.New(cfg, names, "").Ask(t.Context(), annalsaws.Projector, ask.Request{
		Task: ask.CatchUp,
	}); err != nil {
		t.Error(err)
	}
}

// TestAsk: each way in which a function does not answer is told apart, with the function's name and what to do.
func TestAsk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]lambdaSays{
		"an answer": {body: `{"annals":{}}`},
		"an old one": {
			body: `{"batchItemFailures":[]}`,
			want: `does not know the task "rollback": it was deployed with an older version of Annals`,
		},
		"no JSON": {body: `OK`, want: "it was deployed with an older version of Annals"},
		"timed out": {
			failed: "Unhandled", body: `{"errorMessage":"2026 x Task timed out after 60.00 seconds"}`,
			want: "S-Projector ran out of time; its changes until then stay",
		},
		"no start": {
			failed: "Unhandled", body: `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 1 Error: Runtime exited"}`,
			want: "S-Projector does not start, or its process ended: see its log",
		},
		"a panic": {
			failed: "Unhandled", body: `{"errorType":"boundsError","errorMessage":"index out of range"}`,
			want: "S-Projector failed: boundsError: index out of range",
		},
		"no such": {
			status:    404,
			exception: "ResourceNotFoundException",
			body:      `{}`,
			want:      "S-Projector does not exist: check the region",
		},
		"throttled": {status: 429, exception: "TooManyRequestsException", body: `{}`, want: "S-Projector is throttled"},
		"throttled, tried again": {
			task: ask.CatchUp, status: 429, exception: "TooManyRequestsException", body: `{}`,
			want: "S-Projector is throttled", requests: 3,
		},
		"no permission": {
			status: 403, exception: "AccessDeniedException", body: `{"message":"no"}`, want: "invoke function S-Projector",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			cfg := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if requests++; r.URL.Path != "/2015-03-31/functions/S-Projector/invocations" {
					t.Error(r.URL)
				}
				test.answer(w)
			})
			if test.task == "" {
				test.task = ask.Rollback
			}
			_, err := functions.New(cfg, names, "").Ask(t.Context(), annalsaws.Projector, ask.Request{
				Task: test.task, Projection: "p",
			})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("ask the function: %v, want an error with %q", err, test.want)
			}
			if requests != max(test.requests, 1) {
				t.Errorf("%d requests, want %d", requests, max(test.requests, 1))
			}
		})
	}
}

// TestAskKeepsErrors: a typed error of a task is the same one here.
func TestAskKeepsErrors(t *testing.T) {
	t.Parallel()
	none := &es.NotFoundError{Stream: es.StreamID{Type: "Order", ID: "o"}}
	text, err := json.Marshal(ask.Reply{Annals: &ask.Answer{Error: ask.ErrorOf(none)}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := answering(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) })
	_, err = functions.New(cfg, names, "").Ask(t.Context(), annalsaws.Query, ask.Request{
		Task: ask.State, Stream: "Order#o",
	})
	if found := new(es.NotFoundError); !errors.As(err, &found) || *found != *none ||
		err.Error() != "function S-Query: Order#o not found" {
		t.Errorf("ask for a missing stream: %v, want NotFoundError of Order#o", err)
	}
}

// TestAskRefusesUnknownFunctionsAndTasks: a function that the service has not, and a task that a command must not ask
// for, are not invoked.
func TestAskRefusesUnknownFunctionsAndTasks(t *testing.T) {
	t.Parallel()
	c := functions.New(answering(t, func(http.ResponseWriter, *http.Request) {
		t.Error("the function was invoked, want it refused before")
	}), names, "annals projections")
	for f, want := range map[annalsaws.Function]string{
		annalsaws.Reactor:   "the service has no reactor function",
		annalsaws.Projector: `annals projections is read-only: task "catch-up" of the projector function refused`,
	} {
		if _, err := c.Ask(t.Context(), f, ask.Request{Task: ask.CatchUp}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("ask without the function's name: %v, want an error with %q", err, want)
		}
	}
}

// TestMachine: an execution is started by name, and why one failed is told.
func TestMachine(t *testing.T) {
	t.Parallel()
	var asked []string
	answers := map[string]string{"StartExecution": `{"executionArn":"arn:aws:states:r:a:execution:M:e","startDate":1.5}`}
	cfg := answering(t, func(w http.ResponseWriter, r *http.Request) {
		_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, action+" "+string(body))
		if w.Header().Set("Content-Type", "application/x-amz-json-1.0"); strings.Contains(answers[action], "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = io.WriteString(w, answers[action])
	})
	m := functions.NewMachine(cfg, "arn:aws:states:r:a:stateMachine:M")
	err := m.Start(t.Context(), "e", projection.Stage{Projection: "p"})
	if err != nil || !strings.Contains(asked[0], `"name":"e","stateMachineArn":"arn:aws:states:r:a:stateMachine:M"`) {
		t.Errorf("start an execution: sent %v, %v; want the name e and the ARN of the machine", asked, err)
	}
	answers["StartExecution"] = `{"__type":"StateMachineDoesNotExist","message":"none"}`
	if err := m.Start(t.Context(), "e", projection.Stage{}); err == nil ||
		!strings.Contains(err.Error(), "start execution e: ") {
		t.Errorf("start an execution without a machine: %v, want an error that names it", err)
	}
	for text, want := range map[string]string{
		`{"status":"RUNNING"}`:   "",
		`{"status":"SUCCEEDED"}`: "",
		`{"status":"ABORTED"}`:   "ABORTED: ",
		`{"status":"FAILED","error":"RefusalError","cause":"{\"errorMessage\":\"it differs\"}"}`: "RefusalError: it differs",
	} {
		answers["DescribeExecution"] = text
		failure, err := m.Failure(t.Context(), "e")
		if err != nil || failure != nil && failure.String() != want || failure == nil && want != "" {
			t.Errorf("failure of the execution that answers %s: %v, %v", text, failure, err)
		}
	}
	if last := asked[len(asked)-1]; last != `DescribeExecution {"executionArn":"arn:aws:states:r:a:execution:M:e"}` {
		t.Error(last)
	}
	answers["DescribeExecution"] = `{"__type":"ExecutionDoesNotExist","message":"none"}`
	if _, err := m.Failure(t.Context(), "e"); err == nil {
		t.Error("no execution, and no error")
	}
	if functions.NewMachine(cfg, "") != nil {
		t.Error("machine without an ARN: want nil")
	}
}

// TestAskTrusts: the client that the configuration brings, with the authorities that it trusts, is the one that asks.
func TestAskTrusts(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"annals":{}}`)
	}))
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	cfg := aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
			tr.TLSClientConfig = &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}
		}),
	}
	if _, err := functions.New(cfg, names, "").Ask(t.Context(), annalsaws.Query, ask.Request{
		Task: ask.State,
	}); err != nil {
		t.Error(err)
	}
}
