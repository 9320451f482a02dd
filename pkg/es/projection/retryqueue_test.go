package projection_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

var errOutOfOrder = errors.New("out of order")

func outOfOrder(err error) bool { return errors.Is(err, errOutOfOrder) }

// outside is a system that a reaction calls: it records the calls, or is unavailable.
type outside struct {
	mu   sync.Mutex
	down error
	told []string
}

func (o *outside) tell(text string, _ es.Command) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down != nil {
		return o.down
	}
	o.told = append(o.told, text)
	return nil
}

func (o *outside) set(down error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

func (o *outside) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.told, " ")
}

func (b *bench) retriedFromQueue(o *outside, cfg projection.Config) *projection.Engine {
	r := reactionTo(o.tell)
	r.RetryFromQueue, r.Transient = true, outOfOrder
	cfg.Now = func() time.Time { return b.now }
	return b.engineOf(cfg, reaction.New(r))
}

// TestRetryFromQueue: while the other system is unavailable, deliveries succeed, and one job a stream retries. In the
// end everything was sent, once and in order.
func TestRetryFromQueue(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now()
	o := &outside{}
	e := b.retriedFromQueue(o, b.queued())
	apply(t, e, b.write(t, "a", Noted{"1"}))
	o.set(errOutOfOrder)
	apply(t, e, b.write(t, "a", Noted{"2"}, Noted{"3"}))
	b.queue.wantJobs(t, "catch-up Note#a")
	b.wantParked(t, map[string]string{"a": "unavailable before 2, seen 3"})
	for range 3 { // later deliveries enqueue no jobs
		apply(t, e, b.write(t, "a", Noted{"4"}))
	}
	b.queue.wantJobs(t)
	r := b.rebuilder(e)
	job := projection.Job{Task: projection.CatchUp, Projection: "log", Stream: note("a"), Retry: true}
	for age, delay := range map[time.Duration]time.Duration{
		0: 30 * time.Second, 5 * time.Minute: 5 * time.Minute, 10 * time.Hour: 15 * time.Minute,
	} {
		b.now = time.Now().Add(age)
		if err := r.Do(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if jobs := b.queue.take(); !slices.Equal(jobs, []projection.Job{job}) || b.queue.last.Round(10*time.Second) != delay {
			t.Errorf("event %v old: jobs %v with a delay of %v, want one", age, jobs, b.queue.last)
		}
	}
	b.wantParked(t, map[string]string{"a": "unavailable before 2, seen 6"})
	o.set(nil)
	if err := r.Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	b.wantParked(t, map[string]string{})
	apply(t, e, b.write(t, "a", Noted{"5"}))
	if got := o.all(); got != "1 2 3 4 4 4 5" {
		t.Errorf("versions observed: %s, want 1 2 3 4 4 4 5", got)
	}
	b.queue.wantJobs(t)
}

// TestRetryFromQueueAfterConflicts: the retry comes soon.
func TestRetryFromQueueAfterConflicts(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now()
	o := &outside{down: fmt.Errorf("append: %w", &es.ConflictError{Stream: note("other")})}
	e := b.retriedFromQueue(o, b.queued())
	apply(t, e, b.write(t, "a", Noted{"1"}))
	if jobs := b.queue.take(); len(jobs) != 1 || b.queue.last.Round(time.Second) != 2*time.Second {
		t.Errorf("jobs %v with a delay of %v, want one after 2 s", jobs, b.queue.last)
	}
}

// TestRetryFromQueueInTheMiddle: what was sent before the failure is not sent again.
func TestRetryFromQueueInTheMiddle(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now()
	o := &outside{}
	cut := reactionTo(func(text string, cmd es.Command) error {
		if text == "3" && o.all() == "1 2" {
			o.set(nil)
			return errOutOfOrder
		}
		return o.tell(text, cmd)
	})
	cut.RetryFromQueue, cut.Transient = true, outOfOrder
	e := b.engineOf(b.queued(), reaction.New(cut))
	apply(t, e, b.write(t, "a", Noted{"1"}, Noted{"2"}, Noted{"3"}, Noted{"4"}))
	if got := o.all(); got != "1 2" {
		t.Fatalf("versions observed: %s, want 1 2", got)
	}
	if at := b.at(t, 1, "a"); at.Version != 2 || at.Parked == nil {
		t.Errorf("checkpoint of a: version %d, parked %v; want 2, parked", at.Version, at.Parked)
	}
	apply(t, e, b.write(t, "b", Poisoned{}))
	o.told = []string{"1", "2", ""}
	b.settle(t, b.rebuilder(e))
	if got := o.all(); got != "1 2  3 4" {
		t.Errorf("versions observed: %s, want 1 2, then 3 4", got)
	}
	b.wantParked(t, map[string]string{"b": "failed before 1, seen 1"})
}

// TestRetryFromQueueSideBySide: processes that alternate on a stream repeat nothing. Concurrent processes repeat at
// most one commit.
func TestRetryFromQueueSideBySide(t *testing.T) {
	t.Parallel()
	b := newBench()
	b.now = time.Now()
	o := &outside{}
	turns := []*projection.Engine{
		b.retriedFromQueue(o, b.queued()), b.retriedFromQueue(o, b.queued()), b.retriedFromQueue(o, b.queued()),
	}
	for i := range 9 {
		apply(t, turns[i%3], b.write(t, "a", Noted{fmt.Sprint(i)}))
	}
	if got := o.all(); got != "0 1 2 3 4 5 6 7 8" {
		t.Errorf("versions observed: %s, want 0 to 8", got)
	}
	o.told = nil
	var last es.Commit
	for i := range 5 {
		last = b.write(t, "b", Noted{fmt.Sprint(i)})
	}
	slow := reactionTo(func(text string, cmd es.Command) error {
		err := o.tell(text, cmd)
		if text == "1" { // another process does everything first
			apply(t, turns[1], last)
		}
		return err
	})
	slow.RetryFromQueue, slow.Transient = true, outOfOrder
	apply(t, b.engineOf(b.queued(), reaction.New(slow)), last)
	if got := o.all(); got != "0 1 1 2 3 4" {
		t.Errorf("versions observed: %s, want 0 1 1 2 3 4", got)
	}
}

// TestRetryFromQueueWithoutQueue: without a queue, or if the queue fails, the batch fails and is delivered again.
func TestRetryFromQueueWithoutQueue(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]func(*bench) projection.Config{
		"none":   func(*bench) projection.Config { return projection.Config{} },
		"broken": func(b *bench) projection.Config { return b.queued() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench()
			o := &outside{}
			e := b.retriedFromQueue(o, cfg(b))
			apply(t, e)
			b.queue.err = errOutage
			o.set(errOutOfOrder)
			c := b.write(t, "a", Noted{"1"})
			if failed := e.Apply(t.Context(), []es.Commit{c}); len(failed) != 1 {
				t.Errorf("streams that failed: %v, want one", failed)
			}
			b.wantParked(t, map[string]string{})
			o.set(nil)
			apply(t, e, c)
			if got := o.all(); got != "1" {
				t.Errorf("versions observed: %s, want 1", got)
			}
		})
	}
}

// TestRetryFromQueueHoldsNobodyUp: however many of its streams hang, others continue.
func TestRetryFromQueueHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	b := newBench()
	hang, done := make(chan struct{}), make(chan string, 10)
	hanging := reactionTo(func(string, es.Command) error { <-hang; return nil })
	hanging.Name, hanging.RetryFromQueue = "hanging", true
	going := reactionTo(func(text string, _ es.Command) error { done <- text; return nil })
	e := projection.NewEngine(b.store, b.catalog, projection.Config{Parallel: 1},
		projection.Subscription{Projection: reaction.New(hanging), View: b.view},
		projection.Subscription{Projection: reaction.New(going), View: newBench().view})
	commits := []es.Commit{b.write(t, "a", Noted{"a"}), b.write(t, "b", Noted{"b"}), b.write(t, "c", Noted{"c"})}
	ended := make(chan map[es.StreamID]error)
	go func() { ended <- e.Apply(t.Context(), commits) }()
	for range commits {
		<-done
	}
	close(hang)
	if failed := <-ended; len(failed) > 0 {
		t.Errorf("streams that failed: %v, want none", failed)
	}
}
