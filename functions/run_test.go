package functions_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/shop/email"
)

// asFunction makes the test binary be the command function.
const asFunction = "ANNALS_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		annalslambda.Command(declared)
	}
	os.Exit(m.Run())
}

// function is the command function as a process, with the environment given.
func function(t *testing.T, env ...string) (cmd *exec.Cmd, output *bytes.Buffer) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asFunction+"=1", "AWS_LAMBDA_LOG_FORMAT=JSON",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local")
	cmd.Env = append(cmd.Env, env...)
	output = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	return cmd, output
}

func TestRunWithoutEnvironment(t *testing.T) {
	t.Parallel()
	cmd, output := function(t)
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("run without settings: %v, printed %s; want exit code 1", err, output)
	}
	var line struct{ Level, Message, Error string }
	if err := json.Unmarshal(output.Bytes(), &line); err != nil || line.Level != "ERROR" ||
		!strings.Contains(line.Error, "TABLE_EVENTS") {
		t.Errorf("log line of the start: %v: %s, want level ERROR and the variable TABLE_EVENTS", err, output)
	}
}

// TestRun has the function serve an invocation over Lambda's Runtime API, and end on SIGTERM.
func TestRun(t *testing.T) {
	t.Parallel()
	answers, registered := make(chan string, 1), make(chan struct{})
	_, event := request(t, "POST /accounts", opened)
	invocations := make(chan []byte, 1)
	invocations <- event
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case event := <-invocations:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "r-1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(20*time.Second).UnixMilli(), 10))
			_, _ = w.Write(event)
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/r-1/{what}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		answers <- r.PathValue("what") + " " + string(body)
	})
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "x-1")
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) {
		close(registered)
		<-r.Context().Done()
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })

	client := dynamotest.Client(t)
	cmd, output := function(t, "AWS_LAMBDA_RUNTIME_API="+listener.Addr().String(),
		"AWS_ENDPOINT_URL_DYNAMODB="+dynamotest.Endpoint(t), email.KeyEnv+"=key",
		annalsaws.CursorKeyEnv+"="+strings.Repeat("k", 32),
		annalsaws.Events.Env()+"="+dynamotest.Table(t, client, annalsaws.Events.Table),
		annalsaws.Snapshots.Env()+"="+dynamotest.Table(t, client, annalsaws.Snapshots.Table),
		annalsaws.Keys.Env()+"="+dynamotest.Table(t, client, annalsaws.Keys.Table),
		annalsaws.Projections.Env()+"=none", annalsaws.ReadTable(declared.ReadModel("product-catalog")).Env()+"=none")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	wait := func(what string, done <-chan struct{}) {
		t.Helper()
		select {
		case <-done:
		case err := <-ended:
			t.Fatalf("%s: the function ended: %v: %s", what, err, output)
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no answer in 20 s", what)
		}
	}
	answered := make(chan struct{})
	var answer string
	go func() { answer = <-answers; close(answered) }()
	wait("invocation", answered)
	if !strings.HasPrefix(answer, `response {"statusCode":201,`) || !strings.Contains(answer, `AccountOpened`) {
		t.Errorf("answer: %s, want status 201", answer)
	}
	wait("registration", registered)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("process ended with %v: %s", err, output)
		}
	case <-time.After(10 * time.Second):
		t.Error("the process did not end")
	}
}
