package mapping_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
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
		record.JSON = fmt.Appendf(nil, `{"dynamodb":{"SequenceNumber":"%s","x":%q}}`, record.Sequence, strings.Repeat("x", 400_000))
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
		t.Errorf("event %s", got)
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
	disorder := 0 // pairs of neighbours in the stream that arrived the other way round
	highest := 0
	r.worker.answer = func(batch []int) (string, error) {
		mu.Lock()
		atOnce++
		most = max(most, atOnce)
		for _, n := range batch {
			if item := n % items; n <= last[item] {
				t.Errorf("record %d of item %d came after %d", n, item, last[item])
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
		t.Error("all came in the order of the stream, which Lambda does not promise")
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

var errFunction = errors.New("the function fails")

// failOn fails batches that hold one of these records, the given number of times.
func failOn(times int, sequences ...int) func([]int) (string, error) {
	var mu sync.Mutex
	return func(batch []int) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, n := range batch {
			for _, bad := range sequences {
				if n == bad && times != 0 {
					times--
					return "", errFunction
				}
			}
		}
		return "", nil
	}
}

func TestAFailedBatchIsSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.worker.answer = failOn(2, 2)
	backlog(r, 3)
	r.expect("[0] [1 2 3] [1 2 3] [1 2 3]")
}

func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxRetries = 2; c.BatchSize = 3 })
	r.worker.answer = failOn(-1, 2)
	backlog(r, 4)
	r.expect("[0] [1 2 3] [1 2 3] [1 2 3] [4]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 1-3" {
		t.Errorf("given up: %s", got)
	}
	message := r.letters.messages[0]
	if request := message["requestContext"].(map[string]any); request["approximateInvokeCount"] != 3.0 || request["functionArn"] != "arn:function:$LATEST" {
		t.Errorf("request context %v", request)
	}
	if response := message["responseContext"].(map[string]any); response["functionError"] != "Unhandled" {
		t.Errorf("response context %v", response)
	}
	if batch := message["DDBStreamBatchInfo"].(map[string]any); batch["batchSize"] != 3.0 || batch["shardId"] != "a" || batch["streamArn"] != "arn:stream" {
		t.Errorf("batch %v", batch)
	}
	r.stop()
	r.tape.write("a", 5, 5)
	r.start() // what was given up does not come back
	r.expect("[0] [1 2 3] [1 2 3] [1 2 3] [4] [5]")
}

func TestNoRetries(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxRetries = 0 })
	r.worker.answer = failOn(-1, 2)
	backlog(r, 3)
	r.expect("[0] [1 2 3]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 1-3" {
		t.Errorf("given up: %s", got)
	}
}

func TestBisectFindsTheCulprit(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxRetries, c.Bisect = 1, true })
	r.worker.answer = failOn(-1, 3)
	backlog(r, 8)
	// Halving costs no attempt: the one retry is left for the culprit alone.
	r.expect("[0] [1 2 3 4 5 6 7 8] [1 2 3 4] [1 2] [3 4] [3] [3] [4] [5 6 7 8]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 3-3" {
		t.Errorf("given up: %s", got)
	}
}

func TestReportedFailures(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report string // of the first attempt
		want   string
	}{
		"from the lowest":      {failures(5, 3, 4), "[0] [1 2 3 4 5 6] [3 4 5 6]"},
		"as big integers":      {failures(6, 5), "[0] [1 2 3 4 5 6] [5 6]"},
		"the first":            {failures(1), "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"the last":             {failures(6), "[0] [1 2 3 4 5 6] [6]"},
		"none":                 {failures(), "[0] [1 2 3 4 5 6]"},
		"null":                 {`{"batchItemFailures":null}`, "[0] [1 2 3 4 5 6]"},
		"an empty object":      {`{}`, "[0] [1 2 3 4 5 6]"},
		"null instead":         {`null`, "[0] [1 2 3 4 5 6]"},
		"nothing":              {``, "[0] [1 2 3 4 5 6]"},
		"empty identifier":     {`{"batchItemFailures":[{"itemIdentifier":""}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"null identifier":      {`{"batchItemFailures":[{"itemIdentifier":null}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"bad key":              {`{"batchItemFailures":[{"itemIdentifer":"3"}]}`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"unknown identifier":   {failures(3, 77), "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
		"not what is expected": {`"fine"`, "[0] [1 2 3 4 5 6] [1 2 3 4 5 6]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *mapping.Config) { c.ReportFailures = true })
			calls := 0
			r.worker.answer = func([]int) (string, error) {
				if calls++; calls == 2 {
					return test.report, nil
				}
				return "", nil
			}
			backlog(r, 6)
			r.expect(test.want)
		})
	}
}

func TestReportsAreIgnoredUnlessAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.worker.answer = func([]int) (string, error) { return failures(1), nil }
	backlog(r, 2)
	r.expect("[0] [1 2]")
}

func TestReportedFailuresAndBisect(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.ReportFailures, c.Bisect, c.MaxRetries = true, true, 1 })
	r.worker.answer = func(batch []int) (string, error) {
		for _, n := range batch {
			if n == 3 {
				return failures(3), nil
			}
		}
		return "", nil
	}
	backlog(r, 6)
	// Cut at the reported record; then it is the first one, which is the failure of the whole batch: halved.
	r.expect("[0] [1 2 3 4 5 6] [3 4 5 6] [3 4] [3] [3] [4] [5 6]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 3-3" {
		t.Errorf("given up: %s", got)
	}
	if response := r.letters.messages[0]["responseContext"].(map[string]any); response["functionError"] != nil {
		t.Errorf("reported failures are no function error: %v", response)
	}
}

func TestReportedFailuresAndRetries(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.ReportFailures, c.MaxRetries = true, 1 })
	r.worker.answer = func(batch []int) (string, error) {
		if batch[len(batch)-1] == 4 {
			return failures(3), nil
		}
		return "", nil
	}
	backlog(r, 4)
	r.expect("[0] [1 2 3 4] [3 4]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 3-4" {
		t.Errorf("given up: %s", got)
	}
}

func TestOldRecordsAreGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxAge = time.Hour })
	r.tape.add("a", "")
	for n := 1; n <= 2; n++ {
		r.tape.put("a", n, "x", time.Now().Add(-2*time.Hour), "INSERT")
	}
	r.tape.write("a", 3, 3)
	r.start()
	r.expect("[3]")
	if got := r.letters.all(); got != "RecordAgeExceeded 1-2" {
		t.Errorf("given up: %s", got)
	}
}

func TestAgeEndsRetries(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxAge = 400 * time.Millisecond })
	r.worker.answer = failOn(-1, 1)
	r.tape.add("a", "")
	r.tape.put("a", 1, "x", time.Now().Truncate(time.Second).Add(time.Millisecond*500), "INSERT") // no whole minute
	r.start()
	r.eventually("it is given up", func() bool { return r.letters.all() == "RecordAgeExceeded 1-1" })
	r.tape.write("a", 2, 2)
	r.eventually("the next one passes", func() bool { return strings.HasSuffix(r.worker.seen(), "[2]") })
}

// A lane that is stuck holds up neither the others nor, for ever, the reader; and nothing behind it counts as done.
func TestAStuckItemHoldsUpNobodyElse(t *testing.T) {
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

func TestShardsComeAfterTheirParents(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	open := gate(r.worker)
	r.tape.add("a", "expired") // a parent that the stream no longer has
	r.tape.add("b", "a")
	r.tape.add("c", "a")
	r.tape.add("d", "b")
	r.tape.write("d", 31, 32)
	r.tape.write("a", 1, 2)
	r.tape.write("b", 11, 11)
	r.tape.write("c", 21, 21)
	for _, id := range []string{"a", "b"} {
		r.tape.change(id, func(s *tapeShard) { s.closed = true })
	}
	r.start()
	r.expect("[1 2]") // a is read, but not done
	open()
	r.eventually("all", func() bool { return r.worker.records() == 6 })
	seen := r.worker.seen()
	if seen != "[1 2] [11] [21] [31 32]" && seen != "[1 2] [21] [11] [31 32]" && seen != "[1 2] [11] [31 32] [21]" {
		t.Errorf("the function saw %s", seen)
	}
	r.tape.write("c", 22, 22)
	r.expect(seen + " [22]") // once: nobody else reads it
	r.stop()
	r.tape.write("c", 23, 23)
	r.start() // closed shards stay done
	r.expect(seen + " [22] [23]")
}

func TestAnOpenParentBlocksItsChild(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.add("b", "a")
	r.tape.write("a", 1, 1)
	r.tape.write("b", 2, 2)
	r.start()
	r.expect("[1]")
	r.tape.change("a", func(s *tapeShard) { s.closed = true })
	r.expect("[1] [2]")
}

func TestIteratorsExpire(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.start()
	begin := time.Now()
	for n := 1; n <= 4; n++ {
		r.tape.mu.Lock()
		r.tape.epoch++
		r.tape.mu.Unlock()
		r.tape.write("a", n, n)
		r.eventually("the next", func() bool { return r.worker.records() == n })
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("new iterators took %v", took)
	}
	r.expect("[1] [2] [3] [4]")
}

func TestReadingFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.write("a", 1, 1)
	r.start()
	r.expect("[1]")
	r.tape.failNext(errors.New("connection refused"))
	time.Sleep(100 * time.Millisecond)
	r.tape.write("a", 2, 2)
	r.expect("[1] [2]")
}

func TestAPlaceThatIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.write("a", 1, 2)
	r.start()
	r.eventually("both", func() bool { return r.worker.records() == 2 })
	r.stop()
	r.tape.write("a", 3, 6)
	r.tape.change("a", func(s *tapeShard) { s.trimmed = 4 })
	r.start()
	r.eventually("what the stream still has", func() bool { return strings.HasSuffix(r.worker.seen(), "[5 6]") })
}

func TestFromLatest(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.FromLatest = true })
	r.tape.add("a", "")
	r.tape.write("a", 1, 3)
	r.start()
	time.Sleep(30 * time.Millisecond)
	r.tape.write("a", 4, 4)
	r.expect("[4]")
	r.tape.add("b", "a") // a child: from its beginning
	r.tape.write("b", 5, 5)
	r.tape.change("a", func(s *tapeShard) { s.closed = true })
	r.expect("[4] [5]")
	r.stop()
	r.tape.write("b", 6, 6)
	r.start() // goes on where it was
	r.expect("[4] [5] [6]")
}

func TestIdleLooksAreFew(t *testing.T) {
	t.Parallel()
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
		t.Errorf("%d looks in half a second", n)
	}
}
