package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// bench has the folders and the service that judges work with.
type bench struct {
	files string // folder of the judges' input: test/contract/judges
	dir   string // folder of what is installed and written: .local/contract
	base  string // address of the service
	token string // token of an operator
}

func (b bench) document() string { return filepath.Join(b.dir, "openapi.json") }

func (b bench) path(parts ...string) string {
	return filepath.Join(append([]string{b.dir}, parts...)...)
}

// run runs a program of the judges in a folder and returns its output. It keeps the environment's settings of networks
// and registries, and switches telemetry off.
func (b bench) run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"PATH="+b.path("python", "bin")+string(os.PathListSeparator)+os.Getenv("PATH"),
		"REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1", "COLUMNS=200",
		"PYTHONDONTWRITEBYTECODE=1",
	)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	said, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, strings.TrimSpace(string(said)))
	}
	return string(said), err
}

// timed calls do, and prints its duration and result.
func timed(what string, do func() (string, error)) error {
	start := time.Now()
	says, err := do()
	if err != nil {
		says = "FAILED"
		err = fmt.Errorf("%s: %w", what, err)
	}
	fmt.Printf("%-24s %5.1f s  %s\n", what, time.Since(start).Seconds(), says)
	return err
}

// tokenOf returns the token in an answer of the issuer.
func tokenOf(answer []byte) (string, error) {
	var issued struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(answer, &issued); err != nil {
		return "", fmt.Errorf("decode the issuer's answer: %w", err)
	}
	if issued.Token == "" {
		return "", errors.New("the issuer's answer has no access_token")
	}
	return issued.Token, nil
}
