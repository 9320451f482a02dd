package runner

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/local/states"
)

// call calls Step Functions' API of what runs, by the key of a function or of the operator. It returns the answer.
func (p *process) call(t *testing.T, key, action, body string) string {
	t.Helper()
	address := p.environment(t, "CourierFunction")["AWS_ENDPOINT_URL_SFN"]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSStepFunctions."+action)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261125/us-east-1/states/aws4_request")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var text json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&text); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestMachineGoesOn: a machine calls a function until it is done, and waits between the calls. A kill of the runner does
// not end the execution. A function can start one if its role allows it.
func TestMachineGoesOn(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:states:us-east-1:000000000000:stateMachine:Sys-Steps"
	const start = `{"stateMachineArn":"` + arn + `","name":"one","input":"{\"step\":0}"}`
	const execution = `{"executionArn":"arn:aws:states:us-east-1:000000000000:execution:Sys-Steps:one"}`
	state, dir := t.TempDir(), system(t)
	p := launch(t, state, dir, shared(t))
	if said := p.call(t, "ApiFunction", "StartExecution", start); !strings.Contains(said, "AccessDeniedException") ||
		!strings.Contains(said, "not authorized to perform: states:StartExecution on resource: "+arn) {
		t.Errorf("start by a function that may not: %s", said)
	}
	if said := p.call(t, "CourierFunction", "StartExecution", start); !strings.Contains(said, `"executionArn"`) {
		t.Fatalf("start by a function that may: %s", said)
	}
	if said := p.call(t, "CourierFunction", "DescribeExecution", execution); !strings.Contains(said,
		"states:DescribeExecution") {
		t.Errorf("a look by a function that may only start: %s", said)
	}
	file := filepath.Join(state, "executions", "Steps", "one.json")
	eventually(t, "the second wait", func() bool { return strings.Contains(saved(t, file).data, `"step":2`) })
	_ = p.signal(syscall.SIGKILL)
	if e := saved(t, file); e.Status != states.Running {
		t.Errorf("the execution after a kill: %+v, want it running", e)
	}
	again := launch(t, state, dir, shared(t))
	defer func() { _ = again.signal(syscall.SIGKILL) }()
	eventually(t, "the end", func() bool { return saved(t, file).Status == states.Succeeded })
	e := saved(t, file)
	if took := e.Stopped.Sub(e.Started); took < 3*time.Second {
		t.Errorf("the execution took %v, want three waits of a second", took)
	}
	if said := again.stdout(); strings.Contains(said, "step 0") || strings.Contains(said, "step 1\n") ||
		!strings.Contains(said, "step 3") {
		t.Errorf("after a restart, the function did %s, want the steps that were missing", said)
	}
	if said := again.call(t, "local", "DescribeExecution", execution); !strings.Contains(said, `"SUCCEEDED"`) {
		t.Errorf("the execution at its end: %s", said)
	}
}

// savedExecution is an execution as its file has it.
type savedExecution struct {
	states.Execution
	data string
}

func saved(t *testing.T, file string) savedExecution {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var e savedExecution
	if err := json.Unmarshal(text, &e.Execution); err != nil {
		t.Fatal(err)
	}
	e.data = string(e.Data)
	return e
}
