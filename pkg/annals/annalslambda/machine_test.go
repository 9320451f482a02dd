package annalslambda_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestMachineIsStarted: the request is that of Step Functions' API, and its errors are understood.
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
	if annalslambda.RebuildMachine(configuration(t), "") != nil {
		t.Error("machine without an ARN: want nil")
	}
	m := annalslambda.RebuildMachine(configuration(t), "arn:aws:states:r:a:stateMachine:M")
	start := func() error { return m.Start(t.Context(), "e", projection.Stage{Projection: "p", Fold: 2}) }

	answers["StartExecution"] = `{"executionArn":"arn:aws:states:r:a:execution:M:e","startDate":1.5}`
	if err := start(); err != nil || asked[0] != `StartExecution {"input":"{\"projection\":\"p\",\"fold\":2,`+
		`\"done\":false,\"wait\":0}","name":"e","stateMachineArn":"arn:aws:states:r:a:stateMachine:M"}` {
		t.Errorf("start the state machine: sent %v, %v", asked, err)
	}
	answers["StartExecution"] = `{"__type":"ExecutionAlreadyExists","message":"there"}`
	if err := start(); err != nil {
		t.Errorf("start the same execution again: %v", err)
	}
	answers["StartExecution"] = `{"__type":"StateMachineDoesNotExist","message":"none"}`
	if err := start(); err == nil || !strings.Contains(err.Error(), "StateMachineDoesNotExist") {
		t.Errorf("start without a machine: %v, want StateMachineDoesNotExist", err)
	}
}
