package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
)

func TestOneInvocationAProcess(t *testing.T) {
	t.Parallel()
	f := newFunction(t)
	pids := together(t, f, 4)
	if len(pids) != 4 {
		t.Errorf("4 invocations at once ran in %d processes", len(pids))
	}
	for range 20 { // one at a time: the process used last, again and again
		pids[pid(t, f, `{}`)]++
	}
	if len(pids) != 4 {
		t.Errorf("%d processes run, want no more than the 4 of the first burst", len(pids))
	}
	used := 0
	for _, times := range pids {
		if times > 1 {
			used++
		}
	}
	if used != 1 {
		t.Errorf("%d processes ran requests that one process can run in turn", used)
	}
}

func TestNoMoreProcessesThanTheLimit(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Processes = 3 })
	gate := filepath.Join(t.TempDir(), "gate")
	var all sync.WaitGroup
	var mu sync.Mutex
	pids := map[int]int{}
	for range 12 {
		all.Go(func() {
			got := pid(t, f, fmt.Sprintf(`{"await":%q}`, gate))
			mu.Lock()
			defer mu.Unlock()
			pids[got]++
		})
	}
	time.Sleep(100 * time.Millisecond)
	mkfile(t, gate)
	all.Wait()
	if len(pids) != 3 {
		t.Errorf("%d processes run at a limit of 3: %v", len(pids), pids)
	}
}

func TestInvocationsBeyondTheConcurrencyAreThrottled(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Processes, c.Concurrency = 1, 3 })
	gate := filepath.Join(t.TempDir(), "gate")
	var accepted sync.WaitGroup
	for range 3 {
		accepted.Go(func() {
			err := lambda.ErrThrottled
			for errors.Is(err, lambda.ErrThrottled) { // while the one below has the place
				_, err = f.Invoke(t.Context(), fmt.Appendf(nil, `{"await":%q}`, gate))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	throttled := func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := f.Invoke(ctx, []byte(`{}`))
		return errors.Is(err, lambda.ErrThrottled)
	}
	eventually(t, "a fourth is refused", throttled)
	mkfile(t, gate)
	accepted.Wait() // none of them was lost
	pid(t, f, `{}`)
}

func TestAFunctionWithoutConcurrencyIsOff(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Concurrency = 0 })
	if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, lambda.ErrThrottled) {
		t.Errorf("invoke at the limit: %v, want ErrThrottled", err)
	}
}

func TestTheCallerMayStopWaiting(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Processes = 1 })
	dir := t.TempDir()
	gate, started := filepath.Join(dir, "gate"), filepath.Join(dir, "started")
	first := make(chan int)
	go func() { first <- pid(t, f, fmt.Sprintf(`{"await":%q,"start":%q}`, gate, started)) }()
	eventually(t, "the first begins", func() bool { return exists(started) })

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	never := filepath.Join(dir, "never")
	if _, err := f.Invoke(ctx, fmt.Appendf(nil, `{"start":%q}`, never)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the second waits with %v", err)
	}
	mkfile(t, gate)
	if before, after := <-first, pid(t, f, `{}`); before != after {
		t.Errorf("process %d was replaced by %d", before, after)
	}
	if exists(never) {
		t.Error("the function ran for a caller that had given up")
	}
}

func TestADeadProcessIsReplaced(t *testing.T) {
	t.Parallel()
	f := newFunction(t)
	first := pid(t, f, `{}`)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "its end is noticed", func() bool { return syscall.Kill(first, 0) != nil })
	if second := pid(t, f, `{}`); second == first {
		t.Errorf("process %d answers after its death", first)
	}
}

// A panic is answered before the process ends. What was meant for that process next goes to another.
func TestADyingProcessLosesNothing(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Processes = 1 })
	for range 30 {
		if _, err := f.Invoke(t.Context(), []byte(`{"do":"panic"}`)); err == nil {
			t.Fatal("invoke a function that panics: no error")
		}
		pid(t, f, `{}`)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`{"do":"fail"}`:               "errorString",
		`{"do":"panic"}`:              "string",
		`{"do":"exit"}`:               "Runtime.ExitError",
		`{"do":"hang"}`:               "Sandbox.Timedout",
		`{"do":"big","size":7000000}`: "Function.ResponseSizeTooLarge",
		`{"do":"exit","for":50}`:      "Runtime.ExitError",
	} {
		t.Run(event, func(t *testing.T) {
			t.Parallel()
			f := newFunction(t, func(c *lambda.Config) { c.Processes, c.Timeout = 1, 700*time.Millisecond })
			_, err := f.Invoke(t.Context(), []byte(event))
			var failed *lambda.FunctionError
			if !errors.As(err, &failed) || failed.Type != want {
				t.Errorf("error is %v, want %s", err, want)
			}
			pid(t, f, `{}`) // the next one works, in the same process or a new one
		})
	}
}

func TestATimeoutKillsTheProcess(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Timeout = 200 * time.Millisecond })
	victim := pid(t, f, `{}`)
	begin := time.Now()
	if _, err := f.Invoke(t.Context(), []byte(`{"do":"hang"}`)); err == nil {
		t.Fatal("invoke a function that hangs: no error")
	}
	if took := time.Since(begin); took < 200*time.Millisecond || took > 1500*time.Millisecond {
		t.Errorf("timed out after %v", took)
	}
	eventually(t, "the process is gone", func() bool { return syscall.Kill(victim, 0) != nil })
}

func TestABrokenBootstrapFailsEachInvocationOnce(t *testing.T) {
	t.Parallel()
	f := newFunction(t, func(c *lambda.Config) { c.Env = map[string]string{"BROKEN": "1"} })
	missing := newFunction(t, func(c *lambda.Config) { c.Dir = t.TempDir() })
	for _, f := range []*lambda.Function{f, missing} {
		var all sync.WaitGroup
		for range 15 { // more than processes
			all.Go(func() {
				var failed *lambda.FunctionError
				if _, err := f.Invoke(t.Context(), []byte(`{}`)); !errors.As(err, &failed) || failed.Type != "Runtime.InitError" {
					t.Errorf("invoke a function that can't start: %v, want Runtime.InitError", err)
				}
			})
		}
		all.Wait()
	}
}

func TestTooLargeAnEvent(t *testing.T) {
	t.Parallel()
	if _, err := newFunction(t).Invoke(t.Context(), make([]byte, 6_291_557)); !errors.Is(err, lambda.ErrPayloadTooLarge) {
		t.Errorf("invoke with a large payload: %v, want ErrPayloadTooLarge", err)
	}
}

// together invokes n times at once and returns how often each process answered.
func together(t *testing.T, f *lambda.Function, n int) map[int]int {
	t.Helper()
	dir := t.TempDir()
	gate := filepath.Join(dir, "gate")
	var all sync.WaitGroup
	var mu sync.Mutex
	pids := map[int]int{}
	for i := range n {
		all.Go(func() {
			got := pid(t, f, fmt.Sprintf(`{"await":%q,"start":%q}`, gate, filepath.Join(dir, fmt.Sprint(i))))
			mu.Lock()
			defer mu.Unlock()
			pids[got]++
		})
	}
	for i := range n {
		eventually(t, "all run at once", func() bool { return exists(filepath.Join(dir, fmt.Sprint(i))) })
	}
	mkfile(t, gate)
	all.Wait()
	return pids
}

func mkfile(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
