package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

// worker is the folder of the test function's bootstrap, built once.
var worker string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "worker-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(dir, "bootstrap"),
			"./testdata/worker")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s%v\n", out, err)
			return 1
		}
		worker = dir
		if os.Getenv("RUN_AS_HOST") != "" {
			return runAsHost()
		}
		return m.Run()
	}())
}

type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newHost(t *testing.T) *lambda.Host {
	t.Helper()
	host, err := lambda.NewHost()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close(context.Background()) })
	return host
}

func newFunction(t *testing.T, change ...func(*lambda.Config)) *lambda.Function {
	t.Helper()
	c := config()
	for _, f := range change {
		f(&c)
	}
	return newHost(t).Function(c)
}

func config() lambda.Config {
	return lambda.Config{
		Name: "worker", ARN: "arn:aws:lambda:us-east-1:000000000000:function:worker", Dir: worker,
		Timeout: 20 * time.Second, MemoryMB: 256, Concurrency: 100, Region: "us-east-1", Stdout: io.Discard,
		Stderr: io.Discard,
	}
}

type answer struct{ PID int }

// pid invokes and returns the process that answered.
func pid(t *testing.T, f *lambda.Function, event string) int {
	t.Helper()
	payload, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(payload, &a); err != nil || a.PID == 0 {
		t.Fatalf("parse the answer %s: %v", payload, err)
	}
	return a.PID
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
