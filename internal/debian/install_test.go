package debian_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/debian"
)

// TestInstall: Install runs apt-get if there is one and the process is root. Its error has the last line of the output.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	var said strings.Builder
	if err := debian.Install(t.Context(), &said, "Lynx", "lynx"); !errors.Is(err, debian.ErrAsk) || said.Len() > 0 {
		t.Errorf("without apt-get: %v, %q", err, said.String())
	}
	if os.Getuid() != 0 {
		return // apt-get is not called
	}
	script := "#!/bin/sh\necho one\necho \"$@\"\n[ \"$1\" = update ]\n"
	if err := os.WriteFile(filepath.Join(dir, "apt-get"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	err := debian.Install(t.Context(), &said, "Lynx", "lynx")
	if err == nil || !strings.Contains(err.Error(), "`apt-get install` failed while installing Lynx") ||
		!strings.HasSuffix(err.Error(), ": install -qy --no-install-recommends lynx") ||
		!strings.Contains(said.String(), "Lynx is missing") {
		t.Errorf("install a missing package: %v, printed %q; want the failed command and what is missing", err, said.String())
	}
}
