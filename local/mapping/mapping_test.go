package mapping_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/local/mapping"
)

// gate holds the function's first answer back until open, so that a backlog comes about.
func gate(w *worker) (open func()) {
	var once sync.Once
	opened := make(chan struct{})
	then := w.answer
	w.answer = func(batch []int) (string, error) {
		<-opened
		if then == nil {
			return "", nil
		}
		return then(batch)
	}
	return func() { once.Do(func() { close(opened) }) }
}

// backlog starts a rig whose first batch is record 0 alone and whose next ones come from the records 1 to n.
func backlog(r *rig, n int) {
	r.t.Helper()
	open := gate(r.worker)
	r.tape.add("a", "")
	r.tape.write("a", 0, 0)
	r.start()
	r.eventually("the first batch", func() bool { return r.worker.records() == 1 })
	r.tape.write("a", 1, n)
	time.Sleep(120 * time.Millisecond) // they are in the lane
	open()
}

func TestBatchesHaveTheSize(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.BatchSize = 4 })
	backlog(r, 10)
	r.expect("[0] [1 2 3 4] [5 6 7 8] [9 10]")
}

func TestBatchesStayBelowSixMegabytes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.write("a", 1, 40)
	for i := range r.tape.shards[0].records {
		record := &r.tape.shards[0].records[i]
		record.JSON = fmt.Appendf(nil, `{"dynamodb":{"SequenceNumber":"%s","x":%q}}`, record.Sequence,
			strings.Repeat("x", 400_000))
	}
	r.start()
	r.eventually("all records", func() bool { return r.worker.records() == 40 })
	for _, event := range r.worker.events {
		if len(event) > 6<<20 {
			t.Errorf("an event of %d bytes", len(event))
		}
	}
	if n := len(r.worker.batches); n > 25 {
		t.Errorf("%d batches for what fits into 3 and comes by 3", n)
	}
}

func TestTheWindow(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.Window, c.BatchSize = 150*time.Millisecond, 5 })
	r.tape.add("a", "")
	r.start()
	begin := time.Now()
	for n := range 3 {
		r.tape.write("a", n, n)
		time.Sleep(15 * time.Millisecond)
	}
	r.eventually("the batch", func() bool { return r.worker.records() == 3 })
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("the window closed after %v", took)
	}
	r.expect("[0 1 2]")
	r.tape.write("a", 3, 7) // a full batch waits for nothing
	begin = time.Now()
	r.eventually("the full batch", func() bool { return r.worker.records() == 8 })
	if took := time.Since(begin); took > 130*time.Millisecond {
		t.Errorf("a full batch took %v", took)
	}
}

func TestTheEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.write("a", 1, 2)
	r.start()
	r.expect("[1 2]")
	want := `{"Records":[` +
		`{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","item":"1"},"eventSourceARN":"arn:stream"},` +
		`{"eventName":"INSERT","dynamodb":{"SequenceNumber":"2","item":"2"},"eventSourceARN":"arn:stream"}]}`
	if got := string(r.worker.events[0]); got != want {
		t.Errorf("event: %s, want %s", got, want)
	}
}

func TestFilteredRecordsAreDone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.filter = []string{`{"eventName":["INSERT"]}`}
	r.tape.add("a", "")
	for n := 1; n <= 6; n++ {
		r.tape.put("a", n, "x", time.Now(), map[bool]string{true: "INSERT", false: "MODIFY"}[n == 2 || n == 3])
	}
	r.start()
	r.eventually("both records", func() bool { return r.worker.records() == 2 })
	r.stop()
	r.start()
	r.tape.put("a", 7, "x", time.Now(), "INSERT")
	r.eventually("the next", func() bool { return r.worker.records() == 3 })
	if got := strings.NewReplacer("[", "", "]", "").Replace(r.worker.seen()); got != "2 3 7" {
		t.Errorf("the function saw %s", got)
	}
}

// Ten lanes, and a function that takes its time: each item's records come in order, one after the other; items do not
// wait for each other.
func TestOrderAnItem(t *testing.T) {
	t.Parallel()
	const items, each = 30, 20
	r := newRig(t, func(c *mapping.Config) { c.Parallelization, c.BatchSize = 10, 3 })
	var mu sync.Mutex
	last, atOnce, most := map[int]int{}, 0, 0
	disorder := 0 // pairs of neighbors in the stream that arrived the other way round
	highest := 0
	r.worker.answer = func(batch []int) (string, error) {
		mu.Lock()
		atOnce++
		most = max(most, atOnce)
		for _, n := range batch {
			if item := n % items; n <= last[item] {
				t.Errorf("record %d of item %d came after record %d", n, item, last[item])
			}
			last[n%items] = n
			if n < highest {
				disorder++
			}
			highest = max(highest, n)
		}
		mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		mu.Lock()
		atOnce--
		mu.Unlock()
		return "", nil
	}
	r.tape.add("a", "")
	for n := 1; n <= items*each; n++ {
		r.tape.put("a", n, fmt.Sprint(n%items), time.Now(), "INSERT")
	}
	r.start()
	r.eventually("all records", func() bool { return r.worker.records() == items*each })
	mu.Lock()
	defer mu.Unlock()
	if most < 3 || most > 10 {
		t.Errorf("%d batches at once", most)
	}
	if disorder == 0 {
		t.Error("all records came in the order of the stream: parallel lanes must not keep it")
	}
}

func TestOneLaneKeepsTheOrderOfTheStream(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.BatchSize = 1 })
	r.tape.add("a", "")
	r.tape.write("a", 1, 5)
	r.start()
	r.expect("[1] [2] [3] [4] [5]")
}

// A lane that is stuck holds up neither the others nor, for ever, the reader; and nothing behind it counts as done.
func TestStuckLaneDelaysNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.Parallelization = 10; c.BatchSize = 1 })
	r.worker.answer = failOn(-1, 1)
	r.tape.add("a", "")
	r.tape.write("a", 1, 60)
	r.start()
	distinct := func() int {
		r.worker.mu.Lock()
		defer r.worker.mu.Unlock()
		seen := map[int]bool{}
		for _, b := range r.worker.batches {
			seen[b[0]] = true
		}
		return len(seen)
	}
	r.eventually("most of the others", func() bool { return distinct() > 30 })
	r.stop()
	r.worker.answer = nil
	r.start()
	r.eventually("all", func() bool { return distinct() == 60 })
}

func TestIdleLooksAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the clock stands while there is work to do
		r := newRig(t, nil)
		r.tape.add("a", "")
		r.start()
		time.Sleep(300 * time.Millisecond)
		r.tape.mu.Lock()
		before := r.tape.reads
		r.tape.mu.Unlock()
		time.Sleep(500 * time.Millisecond)
		r.tape.mu.Lock()
		defer r.tape.mu.Unlock()
		if n := r.tape.reads - before; n > 12 || n < 2 {
			t.Errorf("%d looks in half a second, want 2 to 12", n)
		}
	})
}
