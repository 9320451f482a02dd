package poller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/local/poller"
	"github.com/annals-es/annals/local/queue"
)

// worker is a function that notes the batches it receives: by their bodies, as "[a b] [c]".
type worker struct {
	mu       sync.Mutex
	events   []events.SQSEvent
	payloads []int // their sizes
	answer   func(events.SQSEvent) (string, error)
}

func (w *worker) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var e events.SQSEvent
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.events = append(w.events, e)
	w.payloads = append(w.payloads, len(payload))
	w.mu.Unlock()
	if w.answer == nil {
		return nil, nil
	}
	answer, err := w.answer(e)
	return []byte(answer), err
}

func bodies(e events.SQSEvent) []string {
	var all []string
	for _, r := range e.Records {
		all = append(all, r.Body)
	}
	return all
}

func (w *worker) seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, e := range w.events {
		all = append(all, fmt.Sprint(bodies(e)))
	}
	return strings.Join(all, " ")
}

const visibility = 360 * time.Second

// rig is a mapping between a queue and a worker.
type rig struct {
	t       *testing.T
	queue   *queue.Queue
	letters *queue.Queue
	worker  *worker
	log     bytes.Buffer
	stop    func() error
}

// run starts a mapping within a bubble of time.
func run(t *testing.T, dir string, change func(*poller.Config), answer func(events.SQSEvent) (string, error), first ...string) *rig {
	t.Helper()
	r := &rig{t: t, worker: &worker{answer: answer}}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	var err error
	if r.letters, err = queue.Open(filepath.Join(dir, "Letters.jsonl"), queue.Config{Retention: time.Hour}, log); err != nil {
		t.Fatal(err)
	}
	if r.queue, err = queue.Open(filepath.Join(dir, "Q.jsonl"), queue.Config{ARN: "arn:q", Visibility: visibility, Retention: time.Hour, MaxReceives: 3}, log); err != nil {
		t.Fatal(err)
	}
	r.queue.Redrive(r.letters)
	r.put(first...)
	c := poller.Config{Name: "M", Region: "us-east-1", BatchSize: 10, MaxConcurrency: 5}
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- poller.New(c, r.queue, r.worker, log).Run(ctx) }()
	r.stop = func() error { cancel(); return <-ended }
	synctest.Wait()
	return r
}

func (r *rig) put(bodies ...string) {
	r.t.Helper()
	for _, body := range bodies {
		if _, err := r.queue.Put(body, 0); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) expect(want string) {
	r.t.Helper()
	synctest.Wait()
	if got := r.worker.seen(); got != want {
		r.t.Errorf("the function saw %s, want %s", got, want)
	}
}

// end stops the mapping and closes the queues.
func (r *rig) end() {
	r.t.Helper()
	if err := r.stop(); err != nil {
		r.t.Error(err)
	}
	_, _ = r.queue.Close(), r.letters.Close()
}

func TestTheEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, nil, `{"a":"<b>"}`)
		r.end()
		got := r.worker.events[0].Records[0]
		if got.MessageId == "" || got.ReceiptHandle == "" {
			t.Errorf("received %+v", got)
		}
		got.MessageId, got.ReceiptHandle = "", ""
		now := fmt.Sprint(time.Now().UnixMilli())
		want := events.SQSMessage{
			Body: `{"a":"<b>"}`, Md5OfBody: "b72e17cffe97fa32f5c04374a5729531",
			Attributes: map[string]string{
				"ApproximateReceiveCount": "1", "SentTimestamp": now, "SenderId": "local", "ApproximateFirstReceiveTimestamp": now,
			},
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSource:       "aws:sqs", EventSourceARN: "arn:q", AWSRegion: "us-east-1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("record: %s", diff)
		}
	})
}

func TestBatches(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, func(c *poller.Config) { c.BatchSize, c.MaxConcurrency = 3, 1 }, nil, "1", "2", "3", "4")
		defer r.end()
		r.expect("[1 2 3] [4]")
		time.Sleep(visibility)
		r.expect("[1 2 3] [4]") // all are done
	})
}

// A message is with the function without a delay, whatever the mapping was doing.
func TestAMessageWakesTheMapping(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, nil)
		defer r.end()
		time.Sleep(time.Hour)
		r.put("a")
		r.expect("[a]") // the clock has not moved
	})
}

func TestWindow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, func(c *poller.Config) { c.BatchSize, c.Window = 3, 5*time.Second }, nil)
		defer r.end()
		r.put("1")
		time.Sleep(4 * time.Second)
		r.put("2")
		r.expect("")
		time.Sleep(time.Second)
		r.expect("[1 2]")
		r.put("3", "4")
		r.expect("[1 2]")
		r.put("5") // full
		r.expect("[1 2] [3 4 5]")
	})
}

func TestMaxConcurrency(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		busy, most := 0, 0
		var mu sync.Mutex
		r := run(t, dir, func(c *poller.Config) { c.BatchSize, c.MaxConcurrency = 1, 2 }, func(events.SQSEvent) (string, error) {
			mu.Lock()
			busy++
			most = max(most, busy)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			busy--
			mu.Unlock()
			return "", nil
		}, "1", "2", "3", "4", "5")
		time.Sleep(2500 * time.Millisecond)
		r.end()
		if seen := strings.Count(r.worker.seen(), "["); most != 2 || seen != 5 {
			t.Errorf("%d batches, %d at a time", seen, most)
		}
	})
}

// However full of what JSON escapes, an event keeps Lambda's limit.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		large := strings.Repeat("\n", queue.MaxBody)
		r := run(t, dir, nil, nil, large, large, large, large, large)
		synctest.Wait()
		r.end()
		if len(r.worker.payloads) != 3 || slices.Max(r.worker.payloads) > 6<<20 {
			t.Errorf("payloads: %v", r.worker.payloads)
		}
	})
}

var errFunction = errors.New("the function fails")

func TestAFailedBatchComesAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, func(e events.SQSEvent) (string, error) {
			if e.Records[0].Attributes["ApproximateReceiveCount"] == "1" {
				return "", errFunction
			}
			return "", nil
		})
		defer r.end()
		r.put("a")
		r.expect("[a]")
		if !strings.Contains(r.log.String(), "batch failed") || !strings.Contains(r.log.String(), "again=6m0s") {
			t.Errorf("it said %s", r.log.String())
		}
		time.Sleep(visibility - time.Second)
		r.expect("[a]")
		time.Sleep(time.Second)
		r.expect("[a] [a]")
		time.Sleep(visibility)
		r.expect("[a] [a]")
	})
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, func(events.SQSEvent) (string, error) { return "", errFunction })
		r.put("a")
		time.Sleep(3 * visibility)
		r.expect("[a] [a] [a]")
		letters, err := r.letters.Receive(t.Context(), func(queue.Message) bool { return true })
		if err != nil || len(letters) != 1 || letters[0].Body != "a" {
			t.Errorf("dead letters %v, %v", letters, err)
		}
		r.end()
		if strings.Count(r.log.String(), "MESSAGE GIVEN UP") != 1 {
			t.Errorf("it said %s", r.log.String())
		}
		// Whoever receives dead letters learns whose they are.
		again := &worker{}
		ctx, cancel := context.WithCancel(t.Context())
		letter, err := queue.Open(filepath.Join(dir, "Letters.jsonl"), queue.Config{Retention: time.Hour}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = poller.New(poller.Config{BatchSize: 1, MaxConcurrency: 1}, letter, again, slog.New(slog.DiscardHandler)).Run(ctx)
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if got := again.events[0].Records[0].Attributes; got["DeadLetterQueueSourceArn"] != "arn:q" || got["ApproximateReceiveCount"] != "5" {
			t.Errorf("attributes %v", got)
		}
	})
}

// failures is an answer that names the messages with these bodies.
func failures(e events.SQSEvent, failed ...string) string {
	answer := events.SQSEventResponse{}
	for _, r := range e.Records {
		if slices.Contains(failed, r.Body) {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
		}
	}
	text, _ := json.Marshal(answer)
	return string(text)
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func TestReportedFailures(t *testing.T) {
	t.Parallel()
	const again = " [1 2 3]"
	text := func(answer string) func(events.SQSEvent) string {
		return func(events.SQSEvent) string { return answer }
	}
	for name, test := range map[string]struct {
		answer func(events.SQSEvent) string
		want   string // of the second attempt
	}{
		"one":              {func(e events.SQSEvent) string { return failures(e, "2") }, " [2]"},
		"two":              {func(e events.SQSEvent) string { return failures(e, "3", "1") }, " [1 3]"},
		"all":              {func(e events.SQSEvent) string { return failures(e, "1", "2", "3") }, again},
		"none":             {text(`{"batchItemFailures":[]}`), ""},
		"null":             {text(`{"batchItemFailures":null}`), ""},
		"an empty object":  {text(`{}`), ""},
		"null instead":     {text(`null`), ""},
		"nothing":          {text(``), ""},
		"empty identifier": {text(`{"batchItemFailures":[{"itemIdentifier":""}]}`), again},
		"null identifier":  {text(`{"batchItemFailures":[{"itemIdentifier":null}]}`), again},
		"bad key":          {text(`{"batchItemFailures":[{"itemIdentifer":"3"}]}`), again},
		"unknown identifier": {func(e events.SQSEvent) string {
			return strings.Replace(failures(e, "1"), `[`, `[{"itemIdentifier":"x"},`, 1)
		}, again},
		"not what is expected": {text(`"fine"`), again},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				r := run(t, dir, func(c *poller.Config) { c.ReportFailures, c.MaxConcurrency = true, 1 }, func(e events.SQSEvent) (string, error) {
					if calls++; calls == 1 {
						return test.answer(e), nil
					}
					return "", nil
				}, "1", "2", "3")
				defer r.end()
				time.Sleep(visibility)
				r.expect("[1 2 3]" + test.want)
			})
		})
	}
}

func TestReportsAreIgnoredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, func(e events.SQSEvent) (string, error) { return failures(e, "1"), nil }, "1", "2")
		defer r.end()
		time.Sleep(visibility)
		r.expect("[1 2]")
	})
}

// Stopping waits for what the function has begun, and counts it. What it has not received is left.
func TestStoppingWaitsForTheFunction(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, func(c *poller.Config) { c.MaxConcurrency = 1 }, func(events.SQSEvent) (string, error) {
			time.Sleep(time.Second)
			return "", nil
		}, "a")
		r.put("b")
		begin := time.Now()
		r.end()
		if waited := time.Since(begin); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
		again := run(t, dir, nil, nil)
		defer again.end()
		again.expect("[b]")
	})
}

func TestAQueueThatFailsEndsTheMapping(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, fail := range map[string]func(*rig){
		"received": func(r *rig) { _ = r.queue.Close(); time.Sleep(visibility + time.Second) },
		"deleted":  func(r *rig) { _ = r.queue.Close(); time.Sleep(2 * time.Second) },
	} {
		synctest.Test(t, func(t *testing.T) {
			r := run(t, filepath.Join(dir, name), nil, func(events.SQSEvent) (string, error) {
				time.Sleep(time.Second)
				if name == "received" {
					return "", errFunction
				}
				return "", nil
			}, "a")
			fail(r)
			if err := r.stop(); err == nil || !strings.Contains(err.Error(), "Q.jsonl") {
				t.Errorf("%s: error is %v", name, err)
			}
			_ = r.letters.Close()
		})
	}
}
