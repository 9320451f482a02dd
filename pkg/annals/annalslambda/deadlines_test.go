package annalslambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestSchedules: the requests are those of EventBridge Scheduler's API, and its errors are understood.
func TestSchedules(t *testing.T) {
	status, kind := 200, ""
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var in map[string]any
		_ = json.Unmarshal(body, &in)
		delete(in, "ClientToken") // random
		text, _ := json.Marshal(in)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("groupName")+" "+string(text))
		w.Header().Set("X-Amzn-Errortype", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(`{"ScheduleArn":"arn","Message":"so it is"}`))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_SCHEDULER", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	env := map[string]string{
		annalsaws.DeadlineGroupEnv: "G", annalsaws.DeadlineRoleEnv: "role", annalsaws.DeadlineQueueEnv: "queue",
	}
	getenv := func(name string) string { return env[name] }
	if annalslambda.Schedules(configuration(t), "", getenv) != nil ||
		annalslambda.Schedules(configuration(t), "http://q", func(string) string { return "" }) != nil {
		t.Error("schedules without a queue or a group: want nil")
	}
	s := annalslambda.Schedules(configuration(t), "http://q", getenv)
	at := time.Date(2026, 12, 3, 9, 0, 0, 1, time.UTC)
	if err := s.Schedule(t.Context(), "id", at, "body"); err != nil || asked[0] != `POST /schedules/id  `+
		`{"ActionAfterCompletion":"DELETE","FlexibleTimeWindow":{"Mode":"OFF"},"GroupName":"G",`+
		`"ScheduleExpression":"at(2026-12-03T09:00:01)","Target":{"Arn":"queue","Input":"body","RoleArn":"role"}}` {
		t.Errorf("schedule: sent %v, %v", asked, err)
	}
	asked = nil
	if err := s.Unschedule(t.Context(), "id"); err != nil || asked[0] != "DELETE /schedules/id G null" {
		t.Errorf("unschedule: sent %v, %v", asked, err)
	}
	for _, test := range []struct {
		status    int
		kind      string
		create    bool // it succeeds
		remove    bool
		transient bool
	}{
		{409, "ConflictException", true, false, true},
		{404, "ResourceNotFoundException", false, true, true},
		{400, "ValidationException", false, false, false},
		{402, "ServiceQuotaExceededException", false, false, true},
		{403, "AccessDeniedException", false, false, true},
	} {
		status, kind = test.status, test.kind
		create, remove := s.Schedule(t.Context(), "id", at, "body"), s.Unschedule(t.Context(), "id")
		if (create == nil) != test.create || (remove == nil) != test.remove {
			t.Errorf("%s: create: %v, delete: %v", test.kind, create, remove)
		}
		for _, err := range []error{create, remove} {
			if err == nil {
				continue
			}
			if errors.Is(err, annals.ErrUnavailable) != test.transient || !strings.Contains(err.Error(), "schedule id: ") {
				t.Errorf("%s: %v, want it transient: %v", test.kind, err, test.transient)
			}
		}
	}
}

// later keeps the messages that the reactor wants to get later.
type later struct {
	mu        sync.Mutex
	sent      []string // with their delays
	scheduled map[string]string
	err       error
}

func (l *later) Send(_ context.Context, delay time.Duration, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.sent = append(l.sent, fmt.Sprint(delay.Round(time.Second), " ", body))
	}
	return l.err
}

func (l *later) Schedule(_ context.Context, id string, _ time.Time, body string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.scheduled[id] = body
	}
	return l.err
}

func (l *later) Unschedule(_ context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.scheduled, id)
	return l.err
}

// take returns the bodies that were sent or scheduled, and forgets them. It checks the delays of those sent.
func (l *later) take(t *testing.T, delays ...string) []string {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var bodies, got []string
	for _, s := range l.sent {
		delay, body, _ := strings.Cut(s, " ")
		bodies, got = append(bodies, body), append(got, delay)
	}
	for _, body := range l.scheduled {
		bodies, got = append(bodies, body), append(got, "scheduled")
	}
	if slices.Sort(got); !slices.Equal(got, delays) {
		t.Errorf("asked for %v, want %v", got, delays)
	}
	l.sent, l.scheduled = nil, map[string]string{}
	return bodies
}

// timed is a service whose notes are checked after a while that their text says, and each morning.
func timed(due func(tx *annals.Tx, d annals.Due) error) *annals.Service {
	return annals.New("timed", annals.Aggregate(notes),
		annals.Create("POST /notes", notes, note.Take),
		annals.Deadlines("check", notes, func(t *annals.Timetable, e projection.Event[noteEvent]) {
			if after, err := time.ParseDuration(e.Data.(noted).Text); err == nil {
				t.Set("check", e.At.Add(after))
			} else {
				t.CancelAll()
			}
		}, due),
		annals.Recurring("greet", "cron(0 9 * * ? *)", "", func(tx *annals.Tx, at time.Time) error {
			n, err := annals.LoadOrNew(tx, notes, "greetings")
			if err != nil {
				return err
			}
			n.Record(noted{"good morning of " + at.Format(time.DateOnly)})
			return nil
		}),
	)
}

// jobsOf is a batch of the reactor's queue.
func jobsOf(bodies ...string) events.SQSEvent {
	var batch events.SQSEvent
	for i, body := range bodies {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	return batch
}

// TestReactorFires: on DynamoDB, a deadline is asked for by a message or a schedule, fired once, dropped when it was
// canceled, sent again when it is early or can't be executed now, and marked when it failed. Lost ones are asked for
// again with the daily reconciliation.
func TestReactorFires(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var fail error
	checked := 0
	s := timed(func(tx *annals.Tx, d annals.Due) error {
		checked++
		if fail != nil {
			return fail
		}
		n, err := annals.Load(tx, notes, d.Stream.ID)
		if err == nil {
			n.Record(noted{"checked"})
		}
		return err
	})
	d, log := deployedAs(t, s)
	if _, err := d.Reactor(); err == nil || !strings.Contains(err.Error(), "DEADLINE_GROUP") {
		t.Errorf("a reactor without schedules: %v", err)
	}
	l := &later{scheduled: map[string]string{}}
	d.Later, d.Store.Now = l, func() time.Time { return now }
	jobs := &memoryQueue{}
	d.ReactionJobs = jobs
	p, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	running, err := s.Open(annals.Stores{Events: storeOf(t, d)}, annals.Config{})
	if err != nil {
		t.Fatal(err)
	}
	take := func(id, text string) {
		t.Helper()
		repo := annals.RepositoryOf(running, notes)
		if _, err := repo.CreateOrExecute(t.Context(), id, es.Command{}, func(note) ([]noteEvent, error) {
			return []noteEvent{noted{text}}, nil
		}); err != nil {
			t.Fatal(err)
		}
		job := jobsOf(`{"task":"catch-up","stream":{"type":"Note","id":"` + id + `"}}`)
		if out, err := p.HandleJobs(t.Context(), job); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("catch up: %v %v; log: %s", out, err, log)
		}
	}
	do := func(failures int, bodies ...string) {
		t.Helper()
		if out, err := p.HandleJobs(t.Context(), jobsOf(bodies...)); err != nil || len(out.BatchItemFailures) != failures {
			t.Errorf("jobs: %+v, %v, want %d failures; log: %s", out, err, failures, log)
		}
	}
	wantChecked := func(n int) {
		t.Helper()
		if checked != n {
			t.Errorf("checked %d times, want %d", checked, n)
		}
	}
	take("soon", "10s")
	take("later", "15m1s")
	take("past", "-5s")
	bodies := l.take(t, "0s", "10s", "scheduled")
	do(0, bodies...)
	wantChecked(1) // the past one
	bodies = l.take(t, "10s", "15m0s")
	now = now.Add(16 * time.Minute)
	do(0, bodies...)
	do(0, bodies...)
	wantChecked(3)

	take("canceled", "20m")
	take("canceled", "never mind")
	l.take(t)
	take("moved", "20s")
	bodies = l.take(t, "20s")
	take("moved", "30s")
	now = now.Add(time.Minute)
	do(0, bodies...)
	wantChecked(3)
	fail = annals.ErrUnavailable
	do(0, l.take(t, "30s")...)
	bodies = l.take(t, "30s") // it is 30 s late
	fail = errors.New("it can't be checked")
	do(0, bodies...)
	do(0, bodies...)
	wantChecked(5)
	l.take(t)
	failed := "the command of a deadline failed: run the deadline again, or cancel it"
	if text := log.String(); !strings.Contains(text, failed) {
		t.Errorf("log: %s, want %q", text, failed)
	}
	fail = nil

	l.err = annals.ErrUnavailable
	take("throttled", "1s")
	if got := jobs.tasks(); !slices.Contains(got, "catch-up Note#throttled retry") {
		t.Errorf("jobs: %v, want a retry of the stream", got)
	}
	l.err = nil
	do(0, `{"task":"catch-up","stream":{"type":"Note","id":"throttled"},"retry":true}`)
	l.take(t, "1s") // lost
	do(0, `{"task":"reconcile"}`)
	l.take(t)
	now = now.Add(time.Hour)
	do(0, `{"task":"reconcile"}`) // overdue
	do(0, l.take(t, "0s")...)
	wantChecked(6)

	do(3, `{"task":"deadline"}`, `{"task":"deadline","deadline":{"timer":"none","stream":{"type":"Note","id":"a"}}}`,
		`{"task":"recurring","name":"greet","scheduled":"tomorrow"}`)
}

// TestReactorRecurs: recurring work is done once for each of its times.
func TestReactorRecurs(t *testing.T) {
	t.Parallel()
	s := timed(func(*annals.Tx, annals.Due) error { return nil })
	d, log := deployedAs(t, s)
	d.Later, d.ReactionJobs = &later{scheduled: map[string]string{}}, &memoryQueue{}
	p, err := d.Reactor()
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{"01", "01", "02"} {
		body := fmt.Sprintf(`{"task":"recurring","name":"greet","scheduled":"2026-12-%sT09:00:00Z"}`, day)
		if out, err := p.HandleJobs(t.Context(), jobsOf(body)); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%+v, %v; log: %s", out, err, log)
		}
	}
	out, err := p.HandleJobs(t.Context(), jobsOf(`{"task":"recurring","name":"none","scheduled":"2026-12-01T09:00:00Z"}`))
	unknown := strings.Contains(log.String(), `no recurring work has the name \"none\"`)
	if err != nil || len(out.BatchItemFailures) != 1 || !unknown {
		t.Errorf("unknown work: %+v, %v; log: %s", out, err, log)
	}
	n := 0
	for c, err := range storeOf(t, d).Read(t.Context(), notes.Stream("greetings"), es.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		want := fmt.Sprintf(`{"text":"good morning of 2026-12-0%d"}`, n)
		if string(c.Events[0].Data) != want || c.Meta.Actor != "reactor/greet" {
			t.Errorf("greeting %d: %s by %s", n, c.Events[0].Data, c.Meta.Actor)
		}
	}
	if n != 2 {
		t.Errorf("%d greetings, want 2", n)
	}
}

// memoryQueue keeps jobs.
type memoryQueue struct {
	mu   sync.Mutex
	jobs []projection.Job
}

func (q *memoryQueue) Enqueue(_ context.Context, _ time.Duration, jobs ...projection.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, jobs...)
	return nil
}

func (q *memoryQueue) tasks() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []string
	for _, j := range q.jobs {
		text := string(j.Task) + " " + j.Stream.String()
		if j.Retry {
			text += " retry"
		}
		all = append(all, text)
	}
	return all
}

var _ annalslambda.Later = (*later)(nil)

// storeOf is the event store of a deployment.
func storeOf(t *testing.T, d annalslambda.Deployment) *dynamostore.Store {
	t.Helper()
	store, err := dynamostore.New(d.DynamoDB, d.Tables.Of(annalsaws.Events), d.Store)
	if err != nil {
		t.Fatal(err)
	}
	return store
}
