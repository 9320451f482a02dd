package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// stamp is the file in a synthesized folder that has the fingerprint of its inputs.
const stamp = ".made-of"

// contextEnv is the variable that CDK reads settings from, in addition to cdk.json.
const contextEnv = "CDK_CONTEXT_JSON"

// fingerprint is a hash of everything that the template depends on: the CDK app with all that is compiled into it, its
// settings, the functions, and what the other assets in a synthesized folder were made of.
func (p Project) fingerprint(functions []string, out string) (string, error) {
	files := map[string]string{"app": p.bin("infra"), "settings": filepath.Join(p.Root, "cdk.json")}
	for _, f := range functions {
		files["function "+f] = p.bootstrap(f)
	}
	all := sha256.New()
	context, err := p.context()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(all, "context %q\n", context)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		hash, err := hashFile(files[name])
		if name == "settings" && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %x\n", name, hash)
	}
	if err := p.hashSources(all, out); err != nil {
		return "", err
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// context are the settings in the environment, with the project's stores.
func (p Project) context() (string, error) {
	text := os.Getenv(contextEnv)
	if len(p.Stores) == 0 {
		return text, nil
	}
	all := map[string]any{}
	if text != "" {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			return "", fmt.Errorf("%s is not a JSON object: %w", contextEnv, err)
		}
	}
	all["stores"] = p.Stores
	if slices.Contains(p.Stores, "cache") && all["cacheUrl"] == nil {
		all["cacheUrl"] = "redis://localhost" // the runner tells functions the address of its own server
	}
	made, err := json.Marshal(all)
	return string(made), err
}

func hashFile(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hash.Sum(nil), err
}

func needsNode() error {
	if _, err := exec.LookPath("node"); err != nil {
		return errors.New("Node.js is missing, and CDK needs it: install Node.js 20 or newer, e.g. `apt-get install nodejs`")
	}
	return nil
}

// out is the folder of the synthesized template.
func (p Project) out() string { return filepath.Join(p.State, "cdk.out") }

// synthesize runs the CDK app into a new folder, which replaces the old one when it is complete.
func (p Project) synthesize(ctx context.Context, out string, functions []string) error {
	if err := needsNode(); err != nil {
		return err
	}
	fresh := out + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	context, err := p.context()
	if err != nil {
		return err
	}
	cmd := p.command(ctx, p.bin("infra"))
	cmd.Env = append(cmd.Env, contextEnv+"="+context, "ANNALS_ARCH="+arch, "CDK_OUTDIR="+fresh,
		"CDK_DISABLE_CLI_TELEMETRY=true", "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20")
	if err := p.run(ctx, cmd, "synthesizing the template", "synth.log"); err != nil {
		return err
	}
	fingerprint, err := p.fingerprint(functions, fresh)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(fresh, stamp), []byte(fingerprint), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.Rename(fresh, out)
}
