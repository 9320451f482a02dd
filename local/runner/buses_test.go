package runner

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// environment is the environment of a function of what runs.
func (p *process) environment(t *testing.T, function string) map[string]string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		p.address+"/_local/functions/"+function+"/environment", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	env := map[string]string{}
	if err := json.NewDecoder(answer.Body).Decode(&env); err != nil {
		t.Fatal(err)
	}
	return env
}

// put puts an event on the bus of what runs, by the key of a function or of the operator.
func (p *process) put(t *testing.T, key, detail string) error {
	t.Helper()
	env := p.environment(t, "CourierFunction")
	client := eventbridge.New(eventbridge.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL_EVENTBRIDGE"]), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, "x", ""),
	})
	_, err := client.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String("Sys"), Source: aws.String("s"), DetailType: aws.String("t"), Detail: aws.String(detail),
	}}})
	return err
}

// What a bus accepts stands in its file, also after a kill; who may not put there is refused.
func TestBuses(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), system(t)
	file := filepath.Join(state, "buses", "Bus.jsonl")
	p := launch(t, state, dir, shared(t))
	if said := p.stdout(); !strings.Contains(said, "events on the bus Sys are appended to "+file) {
		t.Errorf("the runner printed %s, want the bus and its file", said)
	}
	for _, key := range []string{"CourierFunction", "local"} {
		if err := p.put(t, key, `{"by":"`+key+`"}`); err != nil {
			t.Errorf("put an event with the key of %s: %v", key, err)
		}
	}
	if err := p.put(t, "ApiFunction", `{}`); err == nil || !strings.Contains(err.Error(),
		"not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/Sys") {
		t.Error(err)
	}
	_ = p.signal(syscall.SIGKILL)
	again := launch(t, state, dir, shared(t))
	if err := again.put(t, "local", `{"by":"another"}`); err != nil {
		t.Error(err)
	}
	_ = again.signal(syscall.SIGKILL)
	text := read(t, file)
	if strings.Count(text, "\n") != 3 || !strings.Contains(text, `"detail":{"by":"CourierFunction"}`) ||
		!strings.Contains(text, `"detail":{"by":"another"}`) {
		t.Errorf("the bus has %s", text)
	}
	fresh := launch(t, state, dir, shared(t), "FRESH=1")
	_ = fresh.signal(syscall.SIGKILL)
	if info, err := os.Stat(file); err != nil || info.Size() > 0 {
		t.Errorf("file of the bus after a start with FRESH=1: %v, %v, want it empty", info, err)
	}
}
