package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstallSaysWhatIsMissing: without Python's venv or npm, the error says what to do.
func TestInstallSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("PATH", empty) // without apt-get nothing is installed
	b := bench{files: "judges", dir: t.TempDir()}
	if err := b.install(t.Context()); !errors.Is(err, errNoPython) ||
		!strings.Contains(err.Error(), "install the packages of test/contract/judges/requirements.txt: ") {
		t.Errorf("install without Python: %v, want errNoPython with the command", err)
	}
	if err := b.installNode(t.Context()); err == nil || !strings.Contains(err.Error(), "npm is missing: install Node.js") {
		t.Errorf("install without npm: %v, want an error that names Node.js", err)
	}
	b.files = empty
	if err := b.install(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("install without the pinned versions: %v, want os.ErrNotExist", err)
	}
}

// TestOnce: packages are installed again only if other versions are pinned, or if the installation failed.
func TestOnce(t *testing.T) {
	t.Parallel()
	b := bench{files: t.TempDir(), dir: t.TempDir()}
	if err := os.Mkdir(b.path("python"), 0o700); err != nil {
		t.Fatal(err)
	}
	installed := 0
	install := func() error { installed++; return nil }
	broken := errors.New("no network")
	for i, step := range []struct {
		pins    string
		install func() error
		want    int
	}{
		{"a==1", func() error { return broken }, 0}, {"a==1", install, 1}, {"a==1", install, 1}, {"a==2", install, 2},
	} {
		write(t, filepath.Join(b.files, "requirements.txt"), step.pins)
		err := b.once("python", "requirements.txt", step.install)
		if installed != step.want || (i == 0) != errors.Is(err, broken) {
			t.Errorf("step %d: installed %d times, %v", i, installed, err)
		}
	}
}

func TestTokenOf(t *testing.T) {
	t.Parallel()
	if token, err := tokenOf([]byte(`{"access_token":"t"}`)); token != "t" || err != nil {
		t.Errorf("token of the answer: %q, %v, want t", token, err)
	}
	for _, text := range []string{"", "{", `{"error":"invalid_scope"}`} {
		if _, err := tokenOf([]byte(text)); err == nil {
			t.Errorf("%q is a token", text)
		}
	}
}
