package scheduler_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"

	"github.com/annals-es/annals/local/scheduler"
)

const (
	account = "000000000000"
	region  = "us-east-1"
	queue   = "arn:aws:sqs:us-east-1:000000000000:Due"
	role    = "arn:aws:iam::000000000000:role/R"
	prefix  = "arn:aws:scheduler:us-east-1:000000000000:schedule/"
)

// inbox is a queue that notes when it got what.
type inbox struct {
	mu       sync.Mutex
	messages []string
	failures int // how often it fails
}

func (q *inbox) Send(_ context.Context, message []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failures > 0 {
		q.failures--
		return errors.New("the disk is full")
	}
	q.messages = append(q.messages, time.Now().UTC().Format("15:04:05.000 ")+string(message))
	return nil
}

// take returns the messages since the last look.
func (q *inbox) take() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := strings.Join(q.messages, ", ")
	q.messages = nil
	return all
}

// rig is a scheduler, its queue, and the SDK's client for it without a port between them.
type rig struct {
	*api.Client
	t      *testing.T
	file   string
	queue  *inbox
	groups []string
	refuse error // of each role
	now    *scheduler.Scheduler
	watch  scheduler.Queue // instead of queue, if it is set
	broken bool            // the file cannot be closed
}

// bubble runs a test with a clock of its own, which begins at 2000-01-01T00:00:00Z.
func bubble(t *testing.T, test func(*testing.T, *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{
			t: t, file: filepath.Join(t.TempDir(), "schedules", "s.jsonl"), queue: &inbox{}, groups: []string{"g"},
		}
		r.open()
		r.now.Start()
		test(t, r)
		if err := r.now.Close(); err != nil && !r.broken {
			t.Error(err)
		}
	})
}

func (r *rig) tryOpen(declared ...scheduler.Declared) error {
	var target scheduler.Queue = r.queue
	if r.watch != nil {
		target = r.watch
	}
	c := scheduler.Config{
		Account: account, Region: region, Groups: r.groups, Queues: map[string]scheduler.Queue{queue: target},
		CheckRole: func(string, string, string) error { return r.refuse },
	}
	s, err := scheduler.Open(r.t.Context(), r.file, c, declared, slog.New(slog.DiscardHandler))
	if err == nil {
		r.now, r.Client = s, client(inProcess{scheduler.NewHandler(s)}, "http://local")
	}
	return err
}

// open opens the schedules; they do not run yet.
func (r *rig) open(declared ...scheduler.Declared) {
	r.t.Helper()
	if err := r.tryOpen(declared...); err != nil {
		r.t.Fatal(err)
	}
}

// crash ends a runner that had no time to close anything, and starts another after a time.
func (r *rig) crash(pause time.Duration, declared ...scheduler.Declared) {
	r.t.Helper()
	left, err := os.ReadFile(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.now.Close(); err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(pause)
	if err := os.WriteFile(r.file, append(left, `{"put":{"Na`...), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.open(declared...)
	r.now.Start()
}

// after waits, and expects messages.
func (r *rig) after(pause time.Duration, want ...string) {
	r.t.Helper()
	time.Sleep(pause)
	synctest.Wait()
	if got := r.queue.take(); got != strings.Join(want, ", ") {
		r.t.Errorf("messages after %v: %s, want %s", pause, got, strings.Join(want, ", "))
	}
}

// names are the names of all schedules.
func (r *rig) names() string {
	r.t.Helper()
	all, err := r.ListSchedules(r.t.Context(), &api.ListSchedulesInput{})
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, s := range all.Schedules {
		names = append(names, *s.Name)
	}
	return strings.Join(slices.Sorted(slices.Values(names)), " ")
}

// create makes a schedule whose message is its name.
func (r *rig) create(name, expression string, change ...func(*api.CreateScheduleInput)) {
	r.t.Helper()
	in := creation(name, expression)
	for _, c := range change {
		c(in)
	}
	if _, err := r.CreateSchedule(r.t.Context(), in); err != nil {
		r.t.Fatal(err)
	}
}

func creation(name, expression string) *api.CreateScheduleInput {
	return &api.CreateScheduleInput{
		Name: &name, ScheduleExpression: &expression,
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target:             &types.Target{Arn: aws.String(queue), RoleArn: aws.String(role), Input: &name},
	}
}

func deleting(in *api.CreateScheduleInput) {
	in.ActionAfterCompletion = types.ActionAfterCompletionDelete
}

func client(over aws.HTTPClient, address string) *api.Client {
	return api.New(api.Options{
		Region: region, BaseEndpoint: aws.String(address), HTTPClient: over, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// inProcess answers requests without a connection.
type inProcess struct{ http.Handler }

func (p inProcess) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// code returns the code of an error of the API, and its message.
func code(err error) (code, message string) {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode(), e.ErrorMessage()
	}
	return "", ""
}
