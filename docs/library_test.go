package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest"

	// What the page uses: where it changes, the result of the test that go test has kept is out of date.
	_ "github.com/annals-es/annals/pkg/es/dynamostore"
	_ "github.com/annals-es/annals/pkg/es/estest"
	_ "github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestLibrary does what library.md says, in a module of its own that requires what this one does: its code is compiled,
// its tests pass, and its programs print what the page has them print. Nothing is downloaded.
func TestLibrary(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "library.md")
	write(t, page, string(read(t, "library.md")))
	module := string(read(t, "../go.mod"))
	_, requires, found := strings.Cut(module, "\n\n")
	if !found || !strings.HasPrefix(requires, "go ") {
		t.Fatal("go.mod does not begin with its module and its version of Go")
	}
	write(t, filepath.Join(dir, "go.mod"), "module example.org/library\n\n"+requires+
		"\nrequire github.com/annals-es/annals v0.0.0\n\nreplace github.com/annals-es/annals => "+root+"\n")
	write(t, filepath.Join(dir, "go.sum"), string(read(t, "../go.sum")))

	check := filepath.Join(t.TempDir(), "readmecheck")
	run(t, root, nil, "go", "build", "-o", check, "./test/readmecheck")
	env := []string{"GOFLAGS=-mod=mod " + os.Getenv("GOFLAGS"), "GOPROXY=off", "GOWORK=off", "DYNAMODB_ENDPOINT=" + dynamotest.Endpoint(t)}
	run(t, root, env, check, "-dir", dir, page)
	run(t, dir, env, "go", "vet", "./...")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
