package runner

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestService: tools are told of the service, and where all that it has is.
func TestService(t *testing.T) {
	t.Parallel()
	folder := system(t)
	p := launch(t, t.TempDir(), folder, shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	status, text := ask(t, p.address+"/_local/service")
	var got annalsaws.Located
	if err := json.Unmarshal([]byte(text), &got); err != nil || status != http.StatusOK {
		t.Fatalf("description of the service: status %d, %s; want 200 and JSON", status, text)
	}
	name := stackOf(t, folder)
	if got.Place != p.address || got.Format != 1 || got.Service.Name != "sys" || len(got.Service.Operations) == 0 {
		t.Errorf("description of the service: %+v", got)
	}
	queues := got.Environment["AWS_ENDPOINT_URL_SQS"] + "/000000000000/" + name
	want := annalsaws.Resources{
		Tables: map[string]string{"events": name + "-Events", "rows": name + "-Rows"},
		Functions: map[annalsaws.Function]string{
			"projector": name + "-ProjectorFunction", "command": name + "-ApiFunction",
		},
		Queues:      map[annalsaws.Function]string{"projector": queues + "-Messages"},
		DeadLetters: map[annalsaws.Function]string{"projector": queues + "-DeadLetters"},
		Failures:    map[annalsaws.Function]string{"projector": name + "-Failures"},
		API:         name + "-Api", SocketAPI: name + "-Socket",
	}
	if diff := cmp.Diff(want, got.Resources); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	env := got.Environment
	if env["AWS_ENDPOINT_URL_DYNAMODB"] != dynamotest.Endpoint(t) || env["AWS_ACCESS_KEY_ID"] != "local" ||
		env["AWS_REGION"] != "us-east-1" {
		t.Errorf("environment in the description: %v", env)
	}
}

// A template without a description runs, as does one whose description is of a later version; who asks is told why.
func TestServiceIsNotDescribed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		old, with string
		status    int
		says      string
	}{
		{`"Annals": {`, `"Other": {`, http.StatusNotFound, "the template's Metadata has no description of the service"},
		{`"format": 1`, `"format": 2`, http.StatusInternalServerError, "has format 2, and this runner reads 1: use"},
		{`"format": 1`, `"format": "1"`, http.StatusInternalServerError, "read the service's description in the Metadata of"},
	} {
		t.Run(test.with, func(t *testing.T) {
			t.Parallel()
			folder := system(t)
			replace(t, filepath.Join(folder, stackOf(t, folder)+".template.json"), test.old, test.with)
			p := launch(t, t.TempDir(), folder, shared(t))
			defer func() { _ = p.signal(syscall.SIGKILL) }()
			if status, text := ask(t, p.address+"/_local/service"); status != test.status || !strings.Contains(text, test.says) {
				t.Errorf("description: status %d, %q; want %d, %q", status, text, test.status, test.says)
			}
		})
	}
}

// A template without an HTTP API is refused.
func TestNoAPI(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "Sys.template.json"), []byte(`{"Resources": {}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	words := refusal(t, []string{"-state", t.TempDir(), "-template", folder}, "PORT=0", shared(t))
	if !strings.HasPrefix(words, "the template has no HTTP API, and a service needs one: annalscdk adds it") {
		t.Error(words)
	}
}

func ask(t *testing.T, url string) (int, string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// stackOf is the name of the stack in a synthesized folder.
func stackOf(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("templates: %v, %v, want one", files, err)
	}
	return strings.TrimSuffix(filepath.Base(files[0]), ".template.json")
}

// replace replaces a text in a file, which has it.
func replace(t *testing.T, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s lacks %s", file, old)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, with)), 0o600); err != nil {
		t.Fatal(err)
	}
}
