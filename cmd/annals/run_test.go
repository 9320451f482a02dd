package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestMain lets the tests run the program itself: with a variable in its environment, this binary is the program.
func TestMain(m *testing.M) {
	if os.Getenv("ANNALS_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// silent is a server that takes requests and never answers.
func silent(t *testing.T) (address string, asked <-chan struct{}) {
	t.Helper()
	heard, end := make(chan struct{}, 100), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case heard <- struct{}{}:
		default:
		}
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}))
	t.Cleanup(func() { close(end); server.Close() })
	return server.URL, heard
}

// changing are the command lines of commands that write, by command. See looking.
func changing(archive string) map[string]string {
	return map[string]string{
		"annals rebuild": "rebuild product-counts", "annals rollback": "rollback product-counts",
		"annals abandon": "abandon product-counts",
		"annals heal":    "heal Order#good", "annals reconcile": "reconcile", "annals republish": "republish Order#good",
		"annals parked retry": "parked retry", "annals import": "import " + archive,
	}
}

// exported is an archive of a service.
func exported(t *testing.T) string {
	t.Helper()
	file := t.TempDir() + "/archive"
	if out, err := line(t, running(t), "export", file); err != nil {
		t.Fatal(out, err)
	}
	return file
}

// TestSignals: a signal ends every command that waits for an answer, with its own exit code and one sentence.
func TestSignals(t *testing.T) { //nolint:paralleltest // sets the environment
	archive := exported(t)
	address, asked := silent(t)
	_, port := newFake(t, map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": address, "AWS_ENDPOINT_URL_LAMBDA": address, "AWS_ENDPOINT_URL_SFN": address,
	})
	dir := t.TempDir()
	keyPair(t, dir)
	all := looking(dir)
	delete(all, "annals describe") // it asks nothing of AWS
	if !service.HasDeadlines() {
		delete(all, "annals deadlines list") // nor does it
	}
	maps.Copy(all, changing(archive))
	for i, name := range slices.Sorted(maps.Keys(all)) {
		sig, code, says := os.Interrupt, 130, "annals: stopped by SIGINT; changes made until then stay\n"
		if i%2 == 1 {
			sig, code, says = syscall.SIGTERM, 143, "annals: stopped by SIGTERM; changes made until then stay\n"
		}
		root := newRoot(portOf(port))
		var said bytes.Buffer
		root.SetOut(io.Discard)
		root.SetErr(&said)
		root.SetArgs(append([]string{"--local"}, strings.Fields(all[name])...))
		signals, ended := make(chan os.Signal, 2), make(chan int, 1)
		go func() { ended <- run(root, &said, signals) }()
		if name != "annals console" { // it asks for nothing until there is a page
			select {
			case <-asked:
			case got := <-ended:
				t.Errorf("%s ended before its first request: exit code %d, printed %s", name, got, &said)
				continue
			}
		}
		begin := time.Now()
		signals <- sig
		if got := <-ended; got != code || said.String() != says || time.Since(begin) > grace {
			t.Errorf("%s: exit code %d after %s, printed %q; want %d, %q", name, got, time.Since(begin), &said, code, says)
		}
		for len(asked) > 0 {
			<-asked
		}
	}
}

// TestSecondSignal: run returns though a command does not stop: at once after a second signal, else after its grace
// period.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		signals []os.Signal
		code    int
	}{
		"one":              {[]os.Signal{os.Interrupt}, 130},
		"two":              {[]os.Signal{syscall.SIGTERM, os.Interrupt}, 143},
		"two of the first": {[]os.Signal{os.Interrupt, os.Interrupt}, 130},
	} {
		stuck := &cobra.Command{RunE: func(*cobra.Command, []string) error { select {} }}
		stuck.SetArgs(nil)
		signals := make(chan os.Signal, 2)
		for _, s := range test.signals {
			signals <- s
		}
		var said bytes.Buffer
		begin := time.Now()
		code := run(stuck, &said, signals)
		took := time.Since(begin)
		if code != test.code || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, printed %q; want exit code %d and one line", name, code, &said, test.code)
		}
		if at := len(test.signals) > 1; at && took > grace/2 || !at && took < grace {
			t.Errorf("%s: ended after %s", name, took)
		}
	}
}

// TestSignalsOfProcess: a signal to the program itself has the same effect.
func TestSignalsOfProcess(t *testing.T) {
	t.Parallel()
	address, asked := silent(t)
	for sig, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := exec.CommandContext(ctx, os.Args[0], "--local", "projections")
		cmd.Env = append(os.Environ(), "ANNALS_TEST_MAIN=1", "PORT="+address[strings.LastIndex(address, ":")+1:])
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		cancel()
		if got := cmd.ProcessState.ExitCode(); got != code || strings.Count(said.String(), "\n") != 1 {
			t.Errorf("%s: exit code %d, printed %q", sig, got, &said)
		}
	}
}
