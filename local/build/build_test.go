package build_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/build"
)

// project writes a project with two functions, and an app that writes down what it was told and how often it ran.
func project(t *testing.T) build.Project {
	t.Helper()
	p := build.Project{Root: t.TempDir(), Say: io.Discard}
	p.State = filepath.Join(p.Root, ".local")
	write(t, p, "go.mod", "module example.org/x\n\ngo 1.26\n")
	write(t, p, "cdk.json", "{}")
	write(t, p, "functions/a/main.go", "package main\n\nfunc main() { println(1) }\n")
	write(t, p, "functions/b/main.go", "package main\n\nfunc main() { println(2) }\n")
	write(t, p, "functions/testdata/x/main.go", "no function of ours")
	write(t, p, "infra/main.go", `package main

import "os"

func main() {
	if _, err := os.Stat("build/" + os.Getenv("ANNALS_ARCH") + "/a/bootstrap"); err != nil {
		println("infra:", err.Error())
		os.Exit(1)
	}
	if len(os.Args) > 9 {
		panic("never")
	}
	out := os.Getenv("CDK_OUTDIR")
	_ = os.MkdirAll(out, 0o755)
	_ = os.WriteFile(out+"/Sys.template.json", []byte("{}"), 0o644)
	if sources, err := os.ReadFile("sources"); err == nil {
		_ = os.WriteFile(out+"/annals-sources.json", sources, 0o644)
	}
	runs, _ := os.ReadFile("runs")
	_ = os.WriteFile("runs", append(runs, 'x'), 0o644)
}
`)
	return p
}

func write(t *testing.T, p build.Project, name, text string) {
	t.Helper()
	file := filepath.Join(p.Root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSynthesizeOnlyWhatIsStale(t *testing.T) {
	t.Parallel()
	p := project(t)
	runs := 0
	for _, step := range []struct {
		name   string
		change func()
		stale  bool
	}{
		{"the first time", func() {}, true},
		{"nothing changed", func() {}, false},
		{"a function", func() { write(t, p, "functions/b/main.go", "package main\n\nfunc main() { println(3) }\n") }, true},
		{"nothing changed since", func() {}, false},
		{
			"touched alone",
			func() { write(t, p, "functions/b/main.go", "package main\n\nfunc main() { println(3) }\n") }, false,
		},
		{"a setting", func() { write(t, p, "cdk.json", `{"x":1}`) }, true},
		{"the app", func() {
			text, _ := os.ReadFile(filepath.Join(p.Root, "infra/main.go"))
			write(t, p, "infra/main.go", strings.Replace(string(text), "never", "never ever", 1))
		}, true},
		{"a new function", func() { write(t, p, "functions/c/main.go", "package main\n\nfunc main() {}\n") }, true},
		{"no settings", func() { _ = os.Remove(filepath.Join(p.Root, "cdk.json")) }, true},
		{"what was made is gone", func() { _ = os.RemoveAll(filepath.Join(p.State, "cdk.out")) }, true},
		{"a bootstrap is gone", func() { _ = os.RemoveAll(filepath.Join(p.Root, "build")) }, false},
		{"a bootstrap is of another build", func() { write(t, p, "build/"+runtime.GOARCH+"/a/bootstrap", "x") }, false},
	} {
		step.change()
		out, err := p.Synthesize(t.Context())
		if err != nil {
			t.Fatalf("synthesize, %s: %v", step.name, err)
		}
		if step.stale {
			runs++
		}
		if made, _ := os.ReadFile(filepath.Join(p.Root, "runs")); len(made) != runs {
			t.Fatalf("%s: the app ran %d times, want %d", step.name, len(made), runs)
		}
		if _, err := os.Stat(filepath.Join(out, "Sys.template.json")); err != nil {
			t.Errorf("template after synthesis, %s: %v", step.name, err)
		}
		said, _ := exec.Command(filepath.Join(p.Root, "build", runtime.GOARCH, "a", "bootstrap")).CombinedOutput()
		if string(said) != "1\n" {
			t.Errorf("%s: the bootstrap prints %q", step.name, said)
		}
	}
}

// TestAssetsMakeStale: files that the app's assets are made of count, wherever they are.
func TestAssetsMakeStale(t *testing.T) {
	t.Parallel()
	p := project(t)
	elsewhere := filepath.Join(t.TempDir(), "page.html")
	asset := func(text string) {
		if err := os.WriteFile(elsewhere, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asset("1")
	write(t, p, "lambda-js/lib/index.js", "1")
	write(t, p, "sources", `["lambda-js", "`+elsewhere+`"]`)
	for i, step := range []struct {
		name   string
		change func()
		runs   int
	}{
		{"the first time", func() {}, 1},
		{"nothing changed", func() {}, 1},
		{"a file in a folder", func() { write(t, p, "lambda-js/lib/index.js", "2") }, 2},
		{"a new file", func() { write(t, p, "lambda-js/other.js", "1") }, 3},
		{"a file elsewhere", func() { asset("2") }, 4},
		{"another file", func() { write(t, p, "README.md", "2") }, 4},
		{"no list", func() { _ = os.Remove(filepath.Join(p.State, "cdk.out", "annals-sources.json")) }, 5},
		{"no file", func() { _ = os.Remove(elsewhere); write(t, p, "sources", `["lambda-js"]`) }, 6},
		{"no assets", func() { write(t, p, "sources", "null"); write(t, p, "cdk.json", `{"x":2}`) }, 7},
	} {
		step.change()
		if _, err := p.Synthesize(t.Context()); err != nil {
			t.Fatalf("synthesize, %s: %v", step.name, err)
		}
		if made, _ := os.ReadFile(filepath.Join(p.Root, "runs")); len(made) != step.runs {
			t.Fatalf("%d, %s: the app ran %d times, want %d", i, step.name, len(made), step.runs)
		}
	}
	write(t, p, "cdk.json", `{"x":3}`)
	write(t, p, "sources", "{}")
	if _, err := p.Synthesize(t.Context()); err == nil || !strings.Contains(err.Error(), "is no list of paths") {
		t.Errorf("synthesize with a malformed list of files: %v, want an error", err)
	}
	write(t, p, "sources", `["gone"]`)
	if _, err := p.Synthesize(t.Context()); err == nil || !strings.Contains(err.Error(), "read the source of an asset") {
		t.Errorf("synthesize without an asset's source: %v, want an error", err)
	}
}

// What the environment says is a setting, too.
func TestContextMakesStale(t *testing.T) { //nolint:paralleltest // it sets the environment
	p := project(t)
	for i, context := range []string{"", `{"stage":"a"}`, `{"stage":"a"}`, `{"stage":"b"}`} {
		t.Setenv("CDK_CONTEXT_JSON", context)
		if _, err := p.Synthesize(t.Context()); err != nil {
			t.Fatal(err)
		}
		made, _ := os.ReadFile(filepath.Join(p.Root, "runs"))
		if want := []int{1, 2, 2, 3}[i]; len(made) != want {
			t.Errorf("with %q the app ran %d times, want %d", context, len(made), want)
		}
	}
}

func TestWhatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want, log string }{
		"a function that does not compile": {
			"functions/a/main.go", "package main\n\nfunc main() { undefined() }\n",
			"building the functions failed: functions/a/main.go:3:15: undefined: undefined (whole output: " +
				".local/build-functions.log)", "build-functions.log",
		},
		"an app that does not compile": {"infra/main.go", "package main\n", "building the CDK app failed", "build-infra.log"},
		"an app that fails": {
			"infra/main.go", "package main\n\nimport \"os\"\n\n" +
				"func main() { println(\"noise\"); println(\"infra: no such table\"); os.Exit(1) }\n",
			"synthesizing the template failed: infra: no such table (whole output: .local/synth.log)", "synth.log",
		},
		"an app that panics": {
			"infra/main.go", "package main\n\nfunc main() { println(\"noise\"); panic(\"no kernel\") }\n",
			"synthesizing the template failed: panic: no kernel (whole output: .local/synth.log)", "synth.log",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := project(t)
			write(t, p, test.file, test.text)
			_, err := p.Synthesize(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("synthesize: %v, want another error", err)
			}
			if _, err := os.Stat(filepath.Join(p.State, test.log)); err != nil {
				t.Error(err)
			}
		})
	}
}

// What is missing is said before anything is built, with what to do.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		gone, file, text, want string
	}{
		"no functions": {"functions", "", "", " has no functions: each folder of ./functions has to be the main package"},
		"no app":       {"infra", "", "", " has no ./infra, the folder of the service's CDK app: `annals new service`"},
		"an empty app": {
			"infra", "infra/README.md", "", "./infra has to be the CDK app: it has no Go files: write its main.go",
		},
		"no main package": {
			"", "functions/c/c.go", "package c\n", "./functions/c has to be a Lambda function, as every folder in",
		},
		"no Go": {"", "functions/c/README.md", "", "it has no Go files: write its main.go, or move the folder elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := project(t)
			if test.gone != "" {
				if err := os.RemoveAll(filepath.Join(p.Root, test.gone)); err != nil {
					t.Fatal(err)
				}
			}
			if test.file != "" {
				write(t, p, test.file, test.text)
			}
			if _, err := p.Synthesize(t.Context()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("synthesize: %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestNoNode(t *testing.T) {
	p := project(t)
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(goTool, filepath.Join(bin, "go")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	if _, err := p.Synthesize(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "Node.js is missing") {
		t.Errorf("synthesize without Node.js: %v, want an error that says so", err)
	}
}
