package poller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

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
func run(
	t *testing.T, dir string, change func(*poller.Config), answer func(events.SQSEvent) (string, error), first ...string,
) *rig {
	t.Helper()
	r := &rig{t: t, worker: &worker{answer: answer}}
	log := slog.New(slog.NewTextHandler(&r.log, nil))
	var err error
	if r.letters, err = queue.Open(filepath.Join(dir, "Letters.jsonl"), queue.Config{Retention: time.Hour},
		log); err != nil {
		t.Fatal(err)
	}
	if r.queue, err = queue.Open(filepath.Join(dir, "Q.jsonl"), queue.Config{
		ARN: "arn:q", Visibility: visibility, Retention: time.Hour, MaxReceives: 3,
	}, log); err != nil {
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
