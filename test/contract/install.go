package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/annals-es/annals/internal/debian"
)

// install installs the pinned versions of the judges, from PyPI and npm, into b.dir. It does nothing if they are
// installed.
func (b bench) install(ctx context.Context) error {
	if err := os.MkdirAll(b.path("node"), 0o750); err != nil {
		return err
	}
	err := b.once("python", "requirements.txt", func() error { return b.installPython(ctx) })
	if err != nil {
		return err
	}
	return b.once("node", "package-lock.json", func() error { return b.installNode(ctx) })
}

// once installs what a file pins, unless these versions are installed already. A copy of the file records that.
func (b bench) once(folder, pins string, install func() error) error {
	want, err := os.ReadFile(filepath.Join(b.files, pins))
	if err != nil {
		return err
	}
	done := b.path(folder, "installed")
	if got, err := os.ReadFile(done); err == nil && bytes.Equal(got, want) {
		return nil
	}
	if err := install(); err != nil {
		return fmt.Errorf("install the packages of %s: %w", filepath.Join("test/contract/judges", pins), err)
	}
	return os.WriteFile(done, want, 0o600)
}

// errNoPython says that Python's venv is missing, and can't be installed without the user.
var errNoPython = errors.New("Python's venv is missing: install python3 and python3-venv (3.11 or later), " +
	"then run make contract again")

func (b bench) installPython(ctx context.Context) error {
	venv := b.path("python")
	if err := os.RemoveAll(venv); err != nil {
		return err
	}
	if _, err := b.run(ctx, b.dir, "python3", "-m", "venv", venv); err != nil {
		switch failed := debian.Install(ctx, os.Stderr, "Python's venv", "python3-venv"); {
		case errors.Is(failed, debian.ErrAsk):
			return fmt.Errorf("%w: %w", errNoPython, err)
		case failed != nil:
			return failed
		}
		if _, err := b.run(ctx, b.dir, "python3", "-m", "venv", "--clear", venv); err != nil {
			return err
		}
	}
	_, err := b.run(ctx, b.dir, filepath.Join(venv, "bin", "python"), "-m", "pip", "install", "--quiet", "--no-deps",
		"--requirement", filepath.Join(b.files, "requirements.txt"))
	return err
}

func (b bench) installNode(ctx context.Context) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm is missing: install Node.js with npm (20 or later), then run make contract again")
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		if err := b.give("node", name); err != nil {
			return err
		}
	}
	_, err := b.run(ctx, b.path("node"), "npm", "ci", "--no-audit", "--no-fund")
	return err
}

// give copies an input file into a judge's folder.
func (b bench) give(folder, name string) error {
	text, err := os.ReadFile(filepath.Join(b.files, name))
	if err != nil {
		return err
	}
	return os.WriteFile(b.path(folder, name), text, 0o600)
}
