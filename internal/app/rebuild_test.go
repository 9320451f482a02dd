package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/app"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/readmodel/tables"
)

// TestRebuilder: the stages of a rebuild, as the state machine asks for them, let a new generation serve.
func TestRebuilder(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts", second)
	s.project(t)
	rebuild, err := s.Rebuilder()
	if err != nil {
		t.Fatal(err)
	}
	stage := projection.Stage{Projection: tables.Accounts}
	ask := func(task string, in projection.Stage) projection.Stage {
		t.Helper()
		out, err := rebuild(t.Context(), app.RebuildRequest{Task: task, Segments: 3, Stage: in})
		if err != nil {
			t.Fatalf("%s: %v", task, err)
		}
		return out
	}
	all := func(task string, in projection.Stage) {
		t.Helper()
		for _, in.Segment = range in.Segments {
			if out := ask(task, in); !out.Done {
				t.Errorf("%s: %+v", task, out)
			}
		}
	}
	stage = ask(projection.StageBegin, stage)
	if len(stage.Segments) != 3 || stage.Generation != 2 {
		t.Errorf("begun: %+v", stage)
	}
	all(projection.StageFill, stage)
	stage = ask(projection.StageSurvey, stage)
	all(projection.StageCompare, stage)
	if stage = ask(projection.StageSwap, stage); !stage.Done {
		t.Errorf("swapped: %+v", stage)
	}
	if stage = ask(projection.StageTidy, stage); stage.Done || stage.Wait < 3500 {
		t.Errorf("the generation before is kept: %+v", stage)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}

// TestRefusalsAreKnown: what trying again does not mend has a name that the state machine knows.
func TestRefusalsAreKnown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	rebuild, err := s.Rebuilder()
	if err != nil {
		t.Fatal(err)
	}
	_, err = rebuild(t.Context(), app.RebuildRequest{Task: "dance"})
	if err == nil || errors.As(err, new(*app.RefusalError)) {
		t.Errorf("no task: %v", err)
	}
	err = &app.RefusalError{Err: &projection.VerificationError{Projection: "p", Generation: 2, Count: 1, Differences: []string{"x"}}}
	// aws-lambda-go names an error by its Go type.
	if name := reflect.TypeOf(err).Elem().Name(); name != "RefusalError" || !errors.As(err, new(*projection.VerificationError)) || !strings.Contains(err.Error(), "differs from its events") {
		t.Errorf("%s: %v", name, err)
	}
}

// TestMachineIsStarted: the SDK asks Step Functions as its API says, and understands its errors.
func TestMachineIsStarted(t *testing.T) {
	answers := map[string]string{}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSStepFunctions.")
		var in map[string]any
		_ = json.NewDecoder(r.Body).Decode(&in)
		text, _ := json.Marshal(in)
		asked = append(asked, action+" "+string(text))
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		if strings.Contains(answers[action], "__type") {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = w.Write([]byte(answers[action]))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_SFN", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	if app.RebuildMachine(configuration(t), "") != nil {
		t.Error("a machine without an ARN")
	}
	m := app.RebuildMachine(configuration(t), "arn:aws:states:r:a:stateMachine:M")
	start := func() error { return m.Start(t.Context(), "e", projection.Stage{Projection: "p", Fold: 2}) }

	answers["StartExecution"] = `{"executionArn":"arn:aws:states:r:a:execution:M:e","startDate":1.5}`
	if err := start(); err != nil || asked[0] != `StartExecution {"input":"{\"projection\":\"p\",\"fold\":2,\"done\":false,\"wait\":0}","name":"e","stateMachineArn":"arn:aws:states:r:a:stateMachine:M"}` {
		t.Errorf("%v, %v", asked, err)
	}
	answers["StartExecution"] = `{"__type":"ExecutionAlreadyExists","message":"there"}`
	if err := start(); err != nil {
		t.Errorf("started twice: %v", err)
	}
	answers["StartExecution"] = `{"__type":"StateMachineDoesNotExist","message":"none"}`
	if err := start(); err == nil || !strings.Contains(err.Error(), "StateMachineDoesNotExist") {
		t.Errorf("no machine: %v", err)
	}
	for text, want := range map[string]string{
		`{"status":"RUNNING"}`:   "",
		`{"status":"SUCCEEDED"}`: "",
		`{"status":"ABORTED"}`:   "ABORTED: ",
		`{"status":"FAILED","error":"RefusalError","cause":"{\"errorMessage\":\"it differs\"}"}`: "RefusalError: it differs",
	} {
		answers["DescribeExecution"] = text
		failure, err := m.Failure(t.Context(), "e")
		if got := ""; err != nil || failure != nil && failure.String() != want || failure == nil && want != got {
			t.Errorf("%s: %v, %v", text, failure, err)
		}
	}
	if last := asked[len(asked)-1]; last != `DescribeExecution {"executionArn":"arn:aws:states:r:a:execution:M:e"}` {
		t.Error(last)
	}
	answers["DescribeExecution"] = `{"__type":"ExecutionDoesNotExist","message":"none"}`
	if _, err := m.Failure(t.Context(), "e"); err == nil {
		t.Error("no execution, and no error")
	}
}
