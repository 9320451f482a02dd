package mapping_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/local/mapping"
	"github.com/annals-es/annals/local/pattern"
	"github.com/annals-es/annals/local/streams"
)

// tape is a stream in memory, with shards that close and split as DynamoDB Local's do not within a test.
type tape struct {
	wake   func()
	mu     sync.Mutex
	shards []*tapeShard
	epoch  int // iterators of an earlier one have expired
	reads  int
	fail   error // answers the next call
}

type tapeShard struct {
	streams.Shard
	records []streams.Record
	closed  bool
	trimmed int // records that are gone
}

func (t *tape) shard(id string) *tapeShard {
	for _, s := range t.shards {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (t *tape) add(id, parent string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shards = append(t.shards, &tapeShard{Shard: streams.Shard{ID: id, Parent: parent}})
}

func (t *tape) change(id string, do func(*tapeShard)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(t.shard(id))
	if t.wake != nil {
		t.wake()
	}
}

// write appends records with the sequence numbers from to to, each of another item.
func (t *tape) write(id string, from, to int) {
	for n := from; n <= to; n++ {
		t.put(id, n, fmt.Sprint(n), time.Now(), "INSERT")
	}
}

func (t *tape) put(id string, sequence int, item string, created time.Time, eventName string) {
	t.change(id, func(s *tapeShard) {
		s.records = append(s.records, streams.Record{
			JSON: fmt.Appendf(nil, `{"eventName":%q,"dynamodb":{"SequenceNumber":"%d","item":%q}}`, eventName,
				sequence, item),
			Sequence: strconv.Itoa(sequence), Item: item, Created: created, Seen: time.Now(),
		})
	})
}

// written says what to call when something is written.
func (t *tape) written(wake func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake = wake
}

func (t *tape) failNext(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail = err
}

func (t *tape) failing() error {
	err := t.fail
	t.fail = nil
	return err
}

func (t *tape) Shards(context.Context, string) ([]streams.Shard, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []streams.Shard
	for _, s := range t.shards {
		all = append(all, s.Shard)
	}
	return all, nil
}

func (t *tape) Iterator(_ context.Context, _, shard string, at streams.Position) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.failing(); err != nil {
		return "", err
	}
	s := t.shard(shard)
	if s == nil {
		return "", streams.ErrGone
	}
	place := s.trimmed
	switch {
	case at.After != "":
		for place = 0; place < len(s.records) && streams.CompareSequence(s.records[place].Sequence, at.After) <= 0; place++ {
		}
		if place < s.trimmed {
			return "", streams.ErrTrimmed
		}
	case at.Latest:
		place = len(s.records)
	}
	return fmt.Sprintf("%s %d %d", shard, place, t.epoch), nil
}

func (t *tape) Records(_ context.Context, iterator string) ([]streams.Record, string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads++
	if err := t.failing(); err != nil {
		return nil, "", err
	}
	var shard string
	var place, epoch int
	if _, err := fmt.Sscan(iterator, &shard, &place, &epoch); err != nil {
		return nil, "", err
	}
	if epoch != t.epoch {
		return nil, "", streams.ErrExpired
	}
	s := t.shard(shard)
	end := min(place+3, len(s.records)) // small pages
	if end == len(s.records) && s.closed {
		return s.records[place:end], "", nil
	}
	return s.records[place:end], fmt.Sprintf("%s %d %d", shard, end, epoch), nil
}

// worker is a function: it keeps the batches that it received, and answers as it is told.
type worker struct {
	mu      sync.Mutex
	batches [][]int
	events  [][]byte
	answer  func(batch []int) (string, error) // nil: all is well
}

func (w *worker) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event struct {
		Records []struct {
			Dynamodb struct{ SequenceNumber string }
		}
	}
	if err := json.Unmarshal(payload, &event); err != nil {
		panic(fmt.Sprintf("%s: %v", payload, err))
	}
	var batch []int
	for _, r := range event.Records {
		n, _ := strconv.Atoi(r.Dynamodb.SequenceNumber)
		batch = append(batch, n)
	}
	w.mu.Lock()
	w.batches, w.events = append(w.batches, batch), append(w.events, payload)
	w.mu.Unlock()
	if w.answer == nil {
		return nil, nil
	}
	answer, err := w.answer(batch)
	return []byte(answer), err
}

// seen returns the batches so far, as text: "[1 2] [3]".
func (w *worker) seen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, b := range w.batches {
		all = append(all, fmt.Sprint(b))
	}
	return strings.Join(all, " ")
}

func (w *worker) records() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, b := range w.batches {
		n += len(b)
	}
	return n
}

// failures makes the answer that reports these records.
func failures(sequences ...int) string {
	var items []string
	for _, n := range sequences {
		items = append(items, fmt.Sprintf(`{"itemIdentifier":"%d"}`, n))
	}
	return `{"batchItemFailures":[` + strings.Join(items, ",") + `]}`
}

// letters is a destination.
type letters struct {
	mu       sync.Mutex
	messages []map[string]any
}

func (l *letters) GiveUp(_ context.Context, g mapping.GivenUp) error {
	var m, whole map[string]any
	if err := errors.Join(json.Unmarshal(g.Metadata, &m), json.Unmarshal(g.Whole, &whole)); err != nil {
		return err
	}
	var event struct{ Records []any }
	if err := json.Unmarshal([]byte(whole["payload"].(string)), &event); err != nil {
		return err
	}
	delete(whole, "payload")
	batch := m["DDBStreamBatchInfo"].(map[string]any)
	if fmt.Sprint(whole) != fmt.Sprint(m) || g.Shard != batch["shardId"] ||
		float64(len(event.Records)) != batch["batchSize"] {
		return fmt.Errorf("%d records in %s: %v, whole %v", len(event.Records), g.Shard, m, whole)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages = append(l.messages, m)
	return nil
}

// all lists "condition from-to" of each message.
func (l *letters) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, m := range l.messages {
		batch := m["DDBStreamBatchInfo"].(map[string]any)
		all = append(all, fmt.Sprintf("%v %v-%v", m["requestContext"].(map[string]any)["condition"],
			batch["startSequenceNumber"], batch["endSequenceNumber"]))
	}
	return strings.Join(all, ", ")
}

// rig is a mapping at work.
type rig struct {
	t       *testing.T
	config  mapping.Config
	tape    *tape
	worker  *worker
	letters *letters
	filter  []string
	file    string
	stop    func()
}

func newRig(t *testing.T, change func(*mapping.Config)) *rig {
	t.Helper()
	r := &rig{
		t: t, tape: &tape{}, worker: &worker{}, letters: &letters{}, file: filepath.Join(t.TempDir(), "checkpoints.json"),
		config: mapping.Config{
			Name: "test", Stream: "arn:stream", Function: "arn:function", BatchSize: 100, Parallelization: 1,
			MaxRetries: -1, MaxAge: -1,
		},
	}
	if change != nil {
		change(&r.config)
	}
	return r
}

// start runs the mapping until stop or the end of the test.
func (r *rig) start() {
	r.t.Helper()
	filter, err := pattern.Compile(r.filter)
	if err != nil {
		r.t.Fatal(err)
	}
	checkpoints, err := mapping.OpenCheckpoints(r.file, "endpoint", r.config.Stream)
	if err != nil {
		r.t.Fatal(err)
	}
	m := mapping.New(r.config, r.tape, r.worker, filter, checkpoints, r.letters, slog.New(slog.DiscardHandler))
	r.tape.written(m.Wake)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
		if err := checkpoints.Close(); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(r.stop)
}

func (r *rig) eventually(what string, condition func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("not within ten seconds: %s; the function saw %s", what, r.worker.seen())
		}
	}
}

// expect waits until the function has seen exactly these batches, and nothing more.
func (r *rig) expect(batches string) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(r.worker.seen()) < len(batches); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			break
		}
	}
	time.Sleep(20 * time.Millisecond)
	if got := r.worker.seen(); got != batches {
		r.t.Errorf("the function saw %s, want %s", got, batches)
	}
}
