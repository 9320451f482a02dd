package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestWindows: the tool for Windows contains nothing that runs a service, which needs Unix. `make lint` builds it.
func TestWindows(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "annals-es/annals/cmd/annals") {
		t.Errorf("go list printed %q", out)
	}
	for _, unix := range []string{"annals-es/annals/local/", "annals-es/annals/pkg/es/dynamotest"} {
		if strings.Contains(string(out), unix) {
			t.Errorf("the tool for Windows contains %s…", unix)
		}
	}
}
