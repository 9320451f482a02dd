package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// stack is the name of the stack that all steps after the deployments use.
const stack = "Shop"

// run has the running emulator and the deployed stack.
type run struct {
	dir, root   string
	since       string
	plant       string
	service     string // folder of the tutorial's service, "" if it was not written
	self        string // this program
	bin         string // folder of the judges' environments
	environment []string
	machine     *machine
	page        *page
	asker       *asker

	outputs   map[string]string   // of the stack
	resources map[string]resource // of the stack, by logical id
	token     string              // a token of an operator
}

// resource is a resource of a stack.
type resource struct {
	LogicalResourceID  string `json:"LogicalResourceId"`
	PhysicalResourceID string `json:"PhysicalResourceId"`
	ResourceType       string
}

// begin starts the emulator and prepares the run.
func begin(ctx context.Context, dir, bin, since, plant string) (*run, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "cdk.json")); err != nil {
		return nil, fmt.Errorf("run this from the project's root: %w", err)
	}
	r := &run{dir: dir, root: root, since: since, plant: plant, bin: filepath.Join(root, bin)}
	if r.page, err = readPage("docs/deploy.md"); err != nil {
		return nil, err
	}
	if r.machine, err = startMachine(ctx, dir, filepath.Join(r.bin, "ministack", "bin", "ministack")); err != nil {
		return nil, err
	}
	if r.self, err = os.Executable(); err != nil {
		return nil, err
	}
	curl := fmt.Sprintf("proxy = %q\ncacert = %q\n", r.machine.proxy.URL, r.machine.cert)
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte(curl), 0o600); err != nil {
		return nil, err
	}
	r.environment = append(without(os.Environ(), "AWS_", "CDK_"),
		"AWS_ENDPOINT_URL="+r.machine.endpoint, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		"AWS_CONFIG_FILE="+filepath.Join(dir, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(dir, "none"),
		"AWS_CA_BUNDLE="+r.machine.cert, "NODE_EXTRA_CA_CERTS="+r.machine.cert, "CURL_HOME="+dir,
		"CDK_APP="+r.app(root, " -add"), "CDK_REQUIRE_APPROVAL=never", "CDK_FORCE=true",
		"CDK_DISABLE_CLI_TELEMETRY=true", "CI=true",
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20", "NODE_NO_WARNINGS=1",
		"PATH="+filepath.Join(r.bin, "awscli", "bin")+":"+os.Getenv("PATH"))
	return r, r.startAsker(ctx)
}

func (r *run) end() error { return errors.Join(r.asker.stop(), r.machine.stop()) }

// app returns the command that runs the CDK app of a checkout.
func (r *run) app(checkout, more string) string {
	app := fmt.Sprintf("%s app -checkout %s -state %s",
		r.self, checkout, filepath.Join(r.dir, "app-"+filepath.Base(checkout)))
	if r.plant != "" && checkout == r.root {
		app += " -plant " + r.plant
	}
	return app + more
}

// all runs all steps.
func (r *run) all(ctx context.Context) error {
	began := time.Now()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"the emulator lacks what is listed, and nothing else", r.gaps},
		{"an empty account is prepared, by docs/deploy.md", r.prepare},
		{"a first deployment that fails says why, and leaves what docs/deploy.md says", r.failing},
		{"two stages are deployed, by docs/deploy.md", r.deploy},
		{"a first order, by docs/deploy.md", r.firstOrder},
		{"all operations of the OpenAPI document are deployed", r.operations},
		{"an order's life, each query with the token of the command before", r.readYourWrites},
		{"a client hears of an order over WebSocket", r.hears},
		{"integration events arrive on the bus", r.published},
		{"a team's bucket, queue, function, permission and alarm work", r.added},
		{"the command line describes the stack, and shows an order as it was", r.described},
		{"a read model is rebuilt by the state machine, and rolled back", r.rebuilds},
		{"an event that the projector can't read is parked, and retried by newer code", r.poison},
		{"all streams are reconciled and verified", r.reconciles},
		{"an event that was overwritten is noticed", r.tampering},
		{"a person is forgotten by the state machine", r.forgets},
		{"what the first deployment checks", r.firstDeployment},
		{"nothing that the functions do is denied", r.denied},
		{"cdk diff finds no difference", r.diff},
		{"the tutorial's service, by docs/tutorial.md", r.tutorial},
		{"the stacks are destroyed, and what remains is what docs/deploy.md says", r.destroy},
		{"an upgrade from " + r.since, r.upgrade},
		{"all commands of docs/deploy.md were run", func(context.Context) error { return r.page.untaken() }},
	} {
		start := time.Now()
		err := step.do(ctx)
		switch {
		case errors.Is(err, errNotRun):
			fmt.Fprintf(os.Stdout, "NOT RUN  %s: %v\n", step.name, err)
			continue
		case err != nil:
			fmt.Fprintf(os.Stdout, "FAILED  %s\n", step.name)
			return errors.Join(fmt.Errorf("%s: %w", step.name, err), r.saveLogs(context.WithoutCancel(ctx)))
		}
		fmt.Fprintf(os.Stdout, "ok %5.1f s  %s\n", time.Since(start).Seconds(), step.name)
	}
	fmt.Fprintf(os.Stdout, "all steps succeeded on the emulator, %.0f s\n", time.Since(began).Seconds())
	return nil
}

// errNotRun says that a step can't be tried here.
var errNotRun = errors.New("not tried")

// shell runs commands as a user would type them, and returns what they print.
func (r *run) shell(ctx context.Context, commands string) (string, error) {
	return r.exec(ctx, nil, "bash", "-euo", "pipefail", "-c", commands)
}

func (r *run) exec(ctx context.Context, more []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = r.root, slices.Concat(r.environment, more)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	said := out.String() + errs.String()
	r.log(name, args, said, err)
	if err != nil {
		return out.String(), &failure{command: strings.Join(args, " "), said: said, err: err}
	}
	return out.String(), nil
}

// failure is a command that failed.
type failure struct {
	command, said string
	err           error
}

func (f *failure) Error() string {
	lines := strings.Split(strings.TrimSpace(f.said), "\n")
	return fmt.Sprintf("%s: %v:\n%s", f.command, f.err, strings.Join(lines[max(0, len(lines)-25):], "\n"))
}

func (f *failure) Unwrap() error { return f.err }

// status returns the exit code of a command: 0 if it succeeded, -1 if it did not run.
func status(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

func (r *run) log(name string, args []string, said string, err error) {
	file, opened := os.OpenFile(filepath.Join(r.dir, "commands.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if opened != nil {
		return
	}
	_, _ = fmt.Fprintf(file, "%s $ %s %s\n%s%v\n\n", time.Now().Format(time.TimeOnly), name,
		strings.Join(args, " "), said, err)
	_ = file.Close()
}

// documented runs the next commands below a heading of the page.
func (r *run) documented(ctx context.Context, heading string, values map[string]string) (string, error) {
	commands, err := r.page.take(heading, values)
	if err != nil {
		return "", err
	}
	return r.shell(ctx, commands)
}

// annals runs the operators' command line on the stack.
func (r *run) annals(ctx context.Context, args ...string) (string, error) {
	return r.exec(ctx, nil, filepath.Join(r.dir, "annals"), append([]string{"--stack", stack}, args...)...)
}

// look reads the stack's outputs and resources.
func (r *run) look(ctx context.Context) error { return r.lookAt(ctx, stack) }

// lookAt is look for a stack of another name.
func (r *run) lookAt(ctx context.Context, stack string) error {
	var outputs []struct{ OutputKey, OutputValue string }
	var resources []resource
	of := object{"StackName": stack}
	if err := errors.Join(
		r.aws(ctx, &outputs, "cloudformation", "describe_stacks", of, "Stacks[0].Outputs"),
		r.aws(ctx, &resources, "cloudformation", "list_stack_resources", of, "StackResourceSummaries"),
	); err != nil {
		return err
	}
	r.outputs, r.resources = map[string]string{}, map[string]resource{}
	for _, o := range outputs {
		r.outputs[o.OutputKey] = o.OutputValue
	}
	for _, one := range resources {
		r.resources[one.LogicalResourceID] = one
	}
	return nil
}

// request sends a request to the API and decodes its answer. A status other than want is an error.
func (r *run) request(
	ctx context.Context, want int, method, path string, body any,
) (map[string]any, http.Header, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, r.outputs["ApiUrl"]+path, bytes.NewReader(text))
	if err != nil {
		return nil, nil, err
	}
	if body == nil {
		request.Body, request.ContentLength = http.NoBody, 0
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	answer, err := r.machine.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	said, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return nil, nil, err
	}
	if answer.StatusCode != want {
		return nil, nil, fmt.Errorf("%s %s: %d, want %d: %s", method, path, answer.StatusCode, want, said)
	}
	read := map[string]any{}
	if err := json.Unmarshal(said, &read); err != nil && len(said) > 0 {
		return nil, nil, fmt.Errorf("%s %s: %w: %s", method, path, err, said)
	}
	return read, answer.Header, nil
}

// eventually repeats a check until it succeeds, for at most a minute.
func eventually(ctx context.Context, check func() error) error {
	for end := time.Now().Add(time.Minute); ; {
		err := check()
		if err == nil || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// bootstrap returns the path of a function's program that was built for this machine.
func (r *run) bootstrap(function string) string {
	return filepath.Join(r.root, "build", runtime.GOARCH, function, "bootstrap")
}

// saveLogs writes the logs of all functions to functions.log.
func (r *run) saveLogs(ctx context.Context) error {
	var all strings.Builder
	for id, one := range r.resources {
		if one.ResourceType != "AWS::Logs::LogGroup" {
			continue
		}
		said, err := r.messages(ctx, id)
		if err != nil {
			said = append(said, err.Error())
		}
		fmt.Fprintf(&all, "%s:\n%s\n", id, strings.Join(said, "\n"))
	}
	return os.WriteFile(filepath.Join(r.dir, "functions.log"), []byte(all.String()), 0o600)
}
