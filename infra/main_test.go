package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalscdk"
	"github.com/annals-es/annals/shop"
)

// runMain is the environment variable that makes the test binary run the CDK app, for tests of the app as a process.
const runMain = "ANNALS_TEST_RUN_MAIN"

// arm64 and amd64 are the stack as synthesized for each architecture, with the settings' defaults; prod is that of the
// stage of that name, with a bus and a topic of its own, edge one that chooses all of its edge.
var arm64, amd64, prod, edge assembly

// chosen is the stack with every setting for tables, functions and operations except replicas; copied has those.
var chosen, copied assembly

const breakGlass = "arn:aws:iam::111122223333:role/BreakGlass"

func TestMain(m *testing.M) {
	if os.Getenv(runMain) != "" {
		main()
		return
	}
	// jsii warns where Node.js is old, on the standard error that tests compare.
	if err := os.Setenv("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20"); err != nil {
		panic(err)
	}
	os.Exit(synthesizeAndRun(m))
}

func synthesizeAndRun(m *testing.M) int {
	defer jsii.Close()
	dir, err := os.MkdirTemp("", "annals-infra-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fakeBuild(filepath.Join(dir, "build"))
	arm64 = synthesize(dir, "arm64", "")
	amd64 = synthesize(dir, "amd64", "")
	prod = synthesize(dir, "arm64", `{"stage":"prod","rebuildSegments":"100","rebuildConcurrency":40,"eventBus":"`+
		otherBus+`","alarmTopic":"arn:aws:sns:eu-west-1:123456789012:pager"}`)
	chosen = synthesize(dir, "arm64", `{"region":"us-east-1","cmk":"true","breakGlassRole":"`+breakGlass+
		`","concurrency":"command:50,reactor:0",`+
		`"alarmEmail":"ops@example.org","otlpEndpoint":"http://localhost:4318","emailKey":"arn:aws:cloudformation:old"}`)
	copied = synthesize(dir, "arm64", `{"region":"us-east-1","eventReplicas":"eu-west-1","readReplicas":"eu-west-1,`+
		`eu-west-3","replicasLocked":"true"}`)
	edge = synthesize(dir, "arm64", edged)
	return m.Run()
}

// service is what the stack is made of.
var service = shop.New().On()

// ownSettings are the settings that the service and the app declare.
var ownSettings = append(annalscdk.SettingsOf(service), emailKey)

// The tables of the service.
var (
	readTables    = annalsaws.ReadTables(service)
	reactions     = annalsaws.ReactionTables(service)
	derivedTables = slices.Concat(
		[]annalsaws.Table{annalsaws.Snapshots, annalsaws.Projections, annalsaws.Connections}, reactions, readTables)
)

func pascal[S ~string](kebab S) string { return annalsaws.Pascal(string(kebab)) }

// configure returns the app's properties and the stack's settings, with settings over those of the stage.
func configure(dir, arch, overrides string) (*awscdk.AppProps, annalscdk.Settings) {
	given := map[string]any{}
	if overrides != "" {
		if err := json.Unmarshal([]byte(overrides), &given); err != nil {
			panic(err)
		}
	}
	stage, ok := given["stage"].(string)
	if !ok {
		stage = "default"
	}
	delete(given, "stage")
	committed, err := json.Marshal(map[string]any{stage: given})
	if err != nil {
		panic(err)
	}
	props, settings, err := annalscdk.Configure("../cdk.json", `{"stage":"`+stage+`"}`, committed, ownSettings...)
	if err != nil {
		panic(err)
	}
	settings.Arch, settings.BuildDir = arch, filepath.Join(dir, "build")
	return props, settings
}

// newStack makes the stack in an app.
func newStack(app awscdk.App, settings annalscdk.Settings) {
	if _, err := annalscdk.New(app, "Shop", service, settings); err != nil {
		panic(err)
	}
}

// synthesize makes the stack with settings.
func synthesize(dir, arch, overrides string) assembly {
	props, settings := configure(dir, arch, overrides)
	out, err := os.MkdirTemp(dir, "cdk.out.")
	if err != nil {
		panic(err)
	}
	props.Outdir = jsii.String(out)
	app := awscdk.NewApp(props)
	newStack(app, settings)
	app.Synth(nil)
	return readAssembly(out)
}

// fakeBuild writes what stands in for the built functions: a bootstrap of each for both architectures, no two alike.
func fakeBuild(dir string) {
	for _, arch := range []string{"arm64", "amd64"} {
		for _, f := range []string{"command", "query", "projector", "reactor", "rebuilder", "socket", "docs"} {
			folder := filepath.Join(dir, arch, f)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				panic(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "bootstrap"), []byte(fakeBootstrap(arch, f)), 0o755); err != nil {
				panic(err)
			}
		}
	}
}

func fakeBootstrap(arch, function string) string { return fmt.Sprintf("%s for %s\n", function, arch) }

// wholeProject makes a folder that has all that the app needs.
func wholeProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	fakeBuild(filepath.Join(dir, "build"))
	cdkJSON, err := os.ReadFile("../cdk.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cdk.json"), cdkJSON, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runApp runs the CDK app as a process in dir, and returns what it wrote to standard error and whether it succeeded.
func runApp(t *testing.T, dir string, env ...string) (stderr string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	app := exec.Command(self)
	app.Dir = dir
	app.Env = append(os.Environ(),
		append([]string{runMain + "=1", "ANNALS_ARCH=", "ANNALS_BUILD=", "CDK_OUTDIR="}, env...)...)
	var text strings.Builder
	app.Stderr = &text
	err = app.Run()
	return text.String(), err == nil
}

func TestWhatIsMissingIsOneSentence(t *testing.T) {
	t.Parallel()
	whole := wholeProject(t)
	elsewhere := t.TempDir()
	fakeBuild(filepath.Join(elsewhere, "out"))
	halfBuilt := t.TempDir()
	fakeBuild(filepath.Join(halfBuilt, "build"))
	if err := os.Remove(filepath.Join(halfBuilt, "build", "arm64", "projector", "bootstrap")); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		dir  string
		env  []string
		want string
	}{
		"nothing is built": {
			dir:  t.TempDir(),
			want: "infra: build/arm64/command/bootstrap is missing: run `make build`\n",
		},
		"one function is not built": {
			dir:  halfBuilt,
			want: "infra: build/arm64/projector/bootstrap is missing: run `make build`\n",
		},
		"not built for that architecture": {
			dir: halfBuilt, env: []string{"ANNALS_ARCH=amd64", "ANNALS_BUILD=out"},
			want: "infra: out/amd64/command/bootstrap is missing: run `make build`\n",
		},
		"unknown architecture": {
			dir: halfBuilt, env: []string{"ANNALS_ARCH=x86_64"},
			want: "infra: ANNALS_ARCH is \"x86_64\": it must be arm64 or amd64\n",
		},
		"a stage that is no name": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"stage":"Prod 1"}`},
			want: "infra: there is no stage \"Prod 1\" in infra/stages.json, which has default, prod: add an entry for it, {} " +
				"for the defaults\n",
		},
		"a setting that its stage's file lacks": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"stage":"prod","eventReplicas":"eu-west-1"}`},
			want: "infra: eventReplicas was given as eu-west-1, but infra/stages.json does not have it for the stage prod, " +
				"and the next deployment would drop it: add it to the file\n",
		},
		"a setting that the stack does not read": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"isuer":"https://id.example.org"}`},
			want: "infra: there is no setting isuer: docs/configuration.md lists the settings\n",
		},
		"a setting of another kind": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"stage":1}`},
			want: "infra: stage is 1: it must be a string\n",
		},
		"writes in two regions": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"region":"eu-west-1","eventReplicas":"us-east-1,eu-west-1"}`},
			want: "infra: eventReplicas has eu-west-1, which is the region that writes: a replica must be in another region\n",
		},
		"a topic that is none": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"alarmTopic":"pager"}`},
			want: "infra: alarmTopic is \"pager\": it must be the ARN of an SNS topic\n",
		},
		"an address for a topic that is not ours": {
			dir: whole, env: []string{
				`CDK_CONTEXT_JSON={"alarmTopic":"arn:aws:sns:eu-west-1:123456789012:pager","alarmEmail":"a@example.org"}`,
			},
			want: "infra: alarmEmail subscribes to the stack's own topic: remove it, or remove alarmTopic, which names " +
				"another topic\n",
		},
		"a collector that is none": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"otlpEndpoint":"localhost:4318"}`},
			want: "infra: otlpEndpoint is \"localhost:4318\": it must be the URL of a collector, such as " +
				"http://localhost:4318\n",
		},
		"more segments than there can be": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"rebuildSegments":"10001"}`},
			want: "infra: rebuildSegments is 10001: it must be a whole number from 1 to 10000\n",
		},
		"no concurrency": {
			dir: whole, env: []string{`CDK_CONTEXT_JSON={"rebuildConcurrency":"some"}`},
			want: "infra: rebuildConcurrency is some: it must be a whole number from 1 to 1000\n",
		},
		"settings that are no JSON": {
			dir: whole, env: []string{"CDK_CONTEXT_JSON=stage=prod"},
			want: "infra: CDK_CONTEXT_JSON is not a JSON object: invalid character 's' looking for beginning of value\n",
		},
		"not in the root": {
			dir: elsewhere, env: []string{"ANNALS_BUILD=out"},
			want: "infra: read the feature flags (run from the project's root): open cdk.json: no such file or directory\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := runApp(t, test.dir, test.env...)
			if ok {
				t.Error("synthesis succeeded, want an error")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("standard error (-want +got):\n%s", diff)
			}
		})
	}
}
