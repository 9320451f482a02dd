package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
)

// additions is the CDK app that adds to the shop's stack what a team would.
const additions = "./test/emulator/infra"

// named says whether the context of a synthesis names a stage.
func named(context string) bool {
	var chosen struct{ Stage string }
	return json.Unmarshal([]byte(context), &chosen) == nil && chosen.Stage != ""
}

// synthesizeAdditions synthesizes the stack with a team's additions, once for each state folder, and returns the folder
// of the template. The functions must be built.
func synthesizeAdditions(ctx context.Context, checkout, state string) (string, error) {
	out := filepath.Join(state, "additions")
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	bin := filepath.Join(state, "bin", "additions")
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags", "-s -w"} // those of the checkout's own app
	build := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-o", bin}, flags, []string{additions})...)
	app := exec.CommandContext(ctx, bin)
	app.Env = append(os.Environ(), "ANNALS_ARCH="+runtime.GOARCH, "CDK_OUTDIR="+out+".new")
	for _, cmd := range []*exec.Cmd{build, app} {
		cmd.Dir = checkout
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w: %s", cmd.Args, err, said)
		}
	}
	return out, os.Rename(out+".new", out)
}
