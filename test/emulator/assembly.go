package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/annals-es/annals/local/build"
)

// app is the CDK app for the emulator, which the CDK command line calls. It builds the functions for this machine, runs
// the checkout's own app, and changes the template because of the emulator's gaps.
func app(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("emulator app", flag.ContinueOnError)
	checkout := flags.String("checkout", ".", "folder of the project")
	state := flags.String("state", "", "folder for what is built")
	plant := flags.String("plant", "", "a fault to plant")
	fail := flags.Bool("fail", false, "leave one gap in the template, so that the deployment fails")
	add := flags.Bool("add", false, "synthesize the default stage with a team's additions: "+additions)
	another := flags.Bool("another-build", false, "give the functions other bytes with the same behavior")
	if err := flags.Parse(args); err != nil {
		return err
	}
	to := os.Getenv("CDK_OUTDIR")
	if to == "" {
		return errors.New("CDK_OUTDIR is not set: only the CDK command line calls this")
	}
	// The path in this variable is relative to the command line's folder, not to the checkout's.
	if err := os.Unsetenv("CDK_PERF_COUNTERS_FILE"); err != nil {
		return err
	}
	made, err := build.Project{Root: *checkout, State: *state, Say: io.Discard}.Synthesize(ctx)
	if err != nil {
		return err
	}
	if *add && !named(os.Getenv("CDK_CONTEXT_JSON")) {
		if made, err = synthesizeAdditions(ctx, *checkout, *state); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(made)); err != nil {
		return err
	}
	if *another {
		if err := rebuild(to); err != nil {
			return err
		}
	}
	return change(to, func(template object) error {
		if plant, is := faults[*plant]; is {
			if err := plant(template); err != nil {
				return err
			}
		}
		if err := judgeSchedules(template); err != nil {
			return err
		}
		return closeGaps(template, *fail)
	})
}

// change changes the template of a cloud assembly, and its hash. The command line uploads a template under the hash
// that the assembly names. It would not upload a changed template under the same hash.
func change(dir string, how func(object) error) error {
	manifests, err := filepath.Glob(filepath.Join(dir, "*.assets.json"))
	if err != nil || len(manifests) != 1 {
		return fmt.Errorf("%d stacks were synthesized, want one (%w)", len(manifests), err)
	}
	var assets struct {
		Files map[string]struct{ Source struct{ Path string } }
	}
	if err := readJSON(manifests[0], &assets); err != nil {
		return err
	}
	for key, file := range assets.Files {
		if !strings.HasSuffix(file.Source.Path, ".template.json") {
			continue
		}
		var template object
		path := filepath.Join(dir, file.Source.Path)
		if err := readJSON(path, &template); err != nil {
			return err
		}
		if err := how(template); err != nil {
			return err
		}
		text, err := json.MarshalIndent(template, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
		return rename(dir, key, hash(text))
	}
	return fmt.Errorf("%s has no template", manifests[0])
}

// rebuild gives each function other bytes with the same behavior, so that a deployment updates it.
func rebuild(dir string) error {
	folders, err := filepath.Glob(filepath.Join(dir, "asset.*"))
	if err != nil {
		return err
	}
	for _, folder := range folders {
		bootstrap := filepath.Join(folder, "bootstrap")
		text, err := os.ReadFile(bootstrap)
		if err != nil {
			return err
		}
		text = append(text, "another build"...) // after the end of the program; the file's mode stays
		if err := os.WriteFile(bootstrap, text, 0o600); err != nil {
			return err
		}
		from, to := strings.TrimPrefix(filepath.Base(folder), "asset."), hash(text)
		if err := os.Rename(folder, filepath.Join(dir, "asset."+to)); err != nil {
			return err
		}
		if err := rename(dir, from, to); err != nil {
			return err
		}
	}
	return nil
}

func readJSON(file string, to any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// rename replaces a hash by another in the files of an assembly. At least two files must have it.
func rename(dir, from, to string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	renamed := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !strings.Contains(string(text), from) {
			continue
		}
		renamed++
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), from, to)), 0o600); err != nil {
			return err
		}
	}
	if renamed < 2 {
		return fmt.Errorf("%d files of %s contain the hash %s, want at least two", renamed, dir, from)
	}
	return nil
}
