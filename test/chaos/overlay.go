package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// change replaces text in a source file when functions are built. The file in the working tree stays unchanged.
type change struct {
	file     string // relative to the project's root; with the prefix $GOROOT/ relative to Go's
	old, new string
}

// writeOverlay writes the changed files and the overlay file for `go build -overlay` into dir.
//
// Errors: a file does not have its old text exactly once, since the source has changed.
func writeOverlay(ctx context.Context, root, dir string, changes []change) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for i, c := range changes {
		path := filepath.Join(root, c.file)
		if std, ok := strings.CutPrefix(c.file, "$GOROOT/"); ok {
			goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
			if err != nil {
				return "", fmt.Errorf("go env GOROOT: %w", err)
			}
			path = filepath.Join(strings.TrimSpace(string(goroot)), std)
		}
		from := path
		if replace[path] != "" {
			from = replace[path]
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), c.old); n != 1 {
			return "", fmt.Errorf("%s has this text %d times instead of once: update the planted change\n%s", c.file, n, c.old)
		}
		replace[path] = filepath.Join(dir, strconv.Itoa(i)+".go")
		if err := os.WriteFile(replace[path], []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o644); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, overlay, 0o644)
}

// impatient makes a deadline come again after 5 s at most, instead of 15 minutes, if it came to a process whose clock
// is an hour back.
var impatient = change{
	file: "pkg/es/reaction/fire.go", old: "longest = 15 * time.Minute\n", new: "longest = 5 * time.Second\n",
}

// jumpyClock makes the functions' wall clocks jump every few seconds, in each process at other times: up to 4 s ahead,
// up to an hour back. The monotonic clock does not jump, as on a real machine.
var jumpyClock = change{
	file: "$GOROOT/src/time/time.go",
	old: `func Now() Time {
	sec, nsec, mono := runtimeNow()
`,
	new: `var jumps = [...]int64{0, 2, -30, 0, 1, -3600, 4, 0, -2}

func Now() Time {
	sec, nsec, mono := runtimeNow()
	sec += jumps[(mono/7e9+startNano/1e6)%int64(len(jumps))]
`,
}
