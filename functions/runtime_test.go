package functions_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// runtimeAPI is the part of the Lambda Runtime API that one process meets until it has answered once.
type runtimeAPI struct {
	*httptest.Server
	event []byte

	mu     sync.Mutex
	ready  time.Time        // it asked for work
	answer chan firstAnswer // its first
}

type firstAnswer struct {
	at   time.Time
	body []byte
}

func newRuntimeAPI(b *testing.B, event []byte) *runtimeAPI {
	b.Helper()
	api := &runtimeAPI{event: event, answer: make(chan firstAnswer, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", "benchmark")
		_, _ = io.WriteString(w, `{"functionName":"benchmark","functionVersion":"$LATEST","handler":"bootstrap"}`)
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/1/{outcome}", func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		if r.PathValue("outcome") == "error" {
			body = append([]byte("error: "), body...)
		}
		api.answer <- firstAnswer{at, body}
	})
	api.Server = httptest.NewServer(mux)
	b.Cleanup(api.Close)
	return api
}

// next gives the event to who asks first, and lets everybody else wait.
func (api *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	api.mu.Lock()
	first := api.ready.IsZero()
	if first {
		api.ready = time.Now()
	}
	api.mu.Unlock()
	if !first {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
	w.Header().Set("Lambda-Runtime-Deadline-Ms", "99999999999999")
	_, _ = w.Write(api.event)
}

// start is one cold start: the time from the start of the process until it asks for work, and until it has answered;
// and the processor time that it took.
type start struct{ ready, answered, busy time.Duration }

// coldStart starts a bootstrap, gives it an event and ends it.
func coldStart(b *testing.B, bootstrap string, event []byte, env []string) (start, []byte) {
	b.Helper()
	api := newRuntimeAPI(b, event)
	defer api.Close()
	cmd := exec.Command(bootstrap)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &log, &log, filepath.Dir(bootstrap)
	cmd.Env = slices.Concat(env, []string{
		"AWS_LAMBDA_RUNTIME_API=" + api.Listener.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=benchmark",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
	})
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	end := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		api.CloseClientConnections()
	}
	select {
	case a := <-api.answer:
		end()
		return start{
			api.ready.Sub(began), a.at.Sub(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		}, a.body
	case <-time.After(20 * time.Second):
		end()
		b.Fatalf("no answer within 20 s: %s", &log)
	}
	return start{}, nil
}
