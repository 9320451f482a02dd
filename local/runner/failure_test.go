package runner

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// refusal runs a runner that has to fail, and returns its one sentence.
func refusal(t *testing.T, args []string, env ...string) string {
	t.Helper()
	cmd := exec.Command(runnerBinary, args...)
	cmd.Env = append(append(os.Environ(), "FRESH="), env...)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	timer := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("exit of the runner: %v, want code 1", err)
	}
	words := strings.TrimSuffix(errOut.String(), "\n")
	if words == "" || strings.Contains(words, "\n") {
		t.Errorf("the runner printed %q, want one sentence", words)
	}
	return words
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	malformed := t.TempDir()
	if err := os.WriteFile(filepath.Join(malformed, "Sys.template.json"),
		[]byte(`{"Resources":{"Broken":{"Type":"AWS::DynamoDB::Table"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		template string
		env      []string
		want     string
	}{
		"no template": {t.TempDir(), []string{shared(t)}, "run cdk synth first"},
		"malformed":   {malformed, []string{shared(t)}, "Broken (AWS::DynamoDB::Table): no KeySchema"},
		"no Java":     {systemDir, []string{"PATH=" + t.TempDir(), "DYNAMODB_ENDPOINT="}, "Java is missing"},
		"no DynamoDB": {
			systemDir, []string{"DYNAMODB_ENDPOINT=http://127.0.0.1:1"}, "DYNAMODB_ENDPOINT=http://127.0.0.1:1 does not answer",
		},
		"no address": {systemDir, []string{"DYNAMODB_ENDPOINT=localhost:8000"}, "is not an address"},
		"no port":    {systemDir, []string{"PORT=http"}, "PORT=http is not a port number"},
		"no concurrency": {
			systemDir, []string{"CONCURRENCY=many"}, "CONCURRENCY=many is not a number of invocations: use 1 or more",
		},
		"no authorizer": {systemDir, []string{"AUTH=on", shared(t)}, "AUTH=on needs a JWT authorizer with an audience"},
		"no such store": {
			systemDir, []string{"STORES=sql,mongo"}, `STORES=sql,mongo: there is no store "mongo": use sql, search, cache`,
		},
		"neither 1 nor": {systemDir, []string{"FRESH=perhaps"}, "FRESH=perhaps is not valid: use 1 or 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			words := refusal(t, []string{"-state", t.TempDir(), "-template", test.template},
				append([]string{"PORT=0"}, test.env...)...)
			if !strings.Contains(words, test.want) {
				t.Errorf("the runner printed %q, want %q", words, test.want)
			}
		})
	}
}
