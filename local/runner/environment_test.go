package runner

import (
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestEnvironment: what a function is told can be asked for, by who works for the operator and not under its role.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	_, port, _ := strings.Cut(p.address, "127.0.0.1:")
	for _, test := range []struct {
		path, host string
		want       int
	}{
		{"/_local/functions/ProjectorFunction/environment", "127.0.0.1:" + port, http.StatusOK},
		{"/_local/functions/ProjectorFunction/environment", "localhost:" + port, http.StatusOK},
		{"/_local/functions/Nothing/environment", "localhost", http.StatusNotFound},
		{"/_local/else", "localhost", http.StatusNotFound},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.address+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = test.host
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		env := map[string]string{}
		_ = json.NewDecoder(answer.Body).Decode(&env)
		_ = answer.Body.Close()
		if answer.StatusCode != test.want || (test.want == http.StatusOK) != (env["AWS_ENDPOINT_URL_DYNAMODB"] != "") {
			t.Errorf("%s of %s: status %d, environment %v; want status %d",
				test.path, test.host, answer.StatusCode, env, test.want)
		}
		if test.want == http.StatusOK &&
			(env["AWS_ENDPOINT_URL_DYNAMODB"] != dynamotest.Endpoint(t) || env["AWS_ACCESS_KEY_ID"] != "local") {
			t.Errorf("environment of a tool has the function's role: %v", env)
		}
	}
}
