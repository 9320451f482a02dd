package lambda_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

func TestWhatAFunctionIsTold(t *testing.T) {
	t.Setenv("AWS_PROFILE", "somebody")
	f := newFunction(t, func(c *lambda.Config) { c.Env = map[string]string{"TABLE": "Events"} })
	payload, err := f.Invoke(t.Context(), []byte(`{"do":"context"}`))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ID, ARN, Trace string
		Left           int
		Environ        []string
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.ID) != 36 || got.ARN != config().ARN || !strings.HasPrefix(got.Trace, "Root=1-") {
		t.Errorf("context of the function: %+v, want an id, the ARN and a trace", got)
	}
	if got.Left < 15_000 || got.Left > 20_000 {
		t.Errorf("the deadline is in %d ms, want about 20 s", got.Left)
	}
	for _, want := range []string{
		"TABLE=Events", "AWS_LAMBDA_FUNCTION_NAME=worker", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256", "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=local", "LAMBDA_TASK_ROOT=" + worker,
	} {
		if !slices.Contains(got.Environ, want) {
			t.Errorf("environment: %s is missing in %q", want, got.Environ)
		}
	}
	for _, entry := range got.Environ {
		if strings.HasPrefix(entry, "AWS_PROFILE=") || strings.HasPrefix(entry, "HOME=") {
			t.Errorf("the runner's own variable %s reached the function", entry)
		}
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	var lock sync.Mutex
	var out buffer
	f := newFunction(t, func(c *lambda.Config) {
		c.Stdout, c.Stderr = lambda.Prefixed(&out, &lock, "out| "), lambda.Prefixed(&out, &lock, "err| ")
	})
	_, _ = f.Invoke(t.Context(), []byte(`{"do":"print"}`))
	eventually(t, "all is printed", func() bool {
		return strings.Contains(out.String(), "out| first\nout| second\n") &&
			strings.Contains(out.String(), "err| no newline\n")
	})
}

func TestDrainWaitsForWhatIsInFlight(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	f := host.Function(config())
	started := filepath.Join(t.TempDir(), "started")
	result := make(chan error)
	go func() {
		_, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"for":200,"start":%q}`, started))
		result <- err
	}()
	eventually(t, "it begins", func() bool { return exists(started) })
	host.Drain(t.Context())
	select {
	case err := <-result:
		if err != nil {
			t.Errorf("an invocation was cut off by Drain: %v", err)
		}
	case <-time.After(100 * time.Millisecond):
		t.Error("Drain returned before the invocation ended")
	}
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); err == nil {
		t.Error("an invocation after the drain")
	}
}

func TestDrainIsBounded(t *testing.T) {
	t.Parallel()
	host := newHost(t)
	f := host.Function(config())
	started := filepath.Join(t.TempDir(), "started")
	result := make(chan error)
	go func() {
		_, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"do":"hang","start":%q}`, started))
		result <- err
	}()
	eventually(t, "it begins", func() bool { return exists(started) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	host.Drain(ctx)
	host.Close(t.Context())
	if err := <-result; err == nil {
		t.Error("an endless invocation succeeded")
	}
}

func TestSIGTERMIsSentWhereRequested(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "terminated")
	host := newHost(t)
	c := config()
	c.Env = map[string]string{"ON_SIGTERM": file}
	pid(t, host.Function(c), `{}`)
	host.Close(t.Context())
	if !exists(file) {
		t.Error("the process was killed without a SIGTERM")
	}
}

// The test binary as a host that gets killed: one idle process and one in the midst of an invocation that never ends.
func runAsHost() int {
	host, err := lambda.NewHost()
	if err != nil {
		panic(err)
	}
	f := host.Function(config())
	say := func(event string) {
		payload, err := f.Invoke(context.Background(), []byte(event))
		fmt.Println(string(payload), err)
	}
	started := os.Getenv("RUN_AS_HOST")
	go say(fmt.Sprintf(`{"do":"hang","start":%q}`, started))
	for !exists(started) {
		time.Sleep(time.Millisecond)
	}
	say(`{}`)
	select {}
}

func TestProcessesEndWithTheHost(t *testing.T) {
	t.Parallel()
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), "RUN_AS_HOST="+filepath.Join(t.TempDir(), "started"))
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	children := descendants(t, host.Process.Pid)
	if len(children) < 3 { // two processes and the shell that watches
		t.Fatalf("processes %v run, want at least 3", children)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	for _, child := range children {
		eventually(t, fmt.Sprintf("process %d ends", child), func() bool { return syscall.Kill(child, 0) != nil })
	}
}

func descendants(t *testing.T, of int) []int {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[1] == strconv.Itoa(of) {
			child, _ := strconv.Atoi(fields[0])
			found = append(found, child)
		}
	}
	return found
}
