package mapping_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/mapping"
)

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

func TestThrottlesUseUpNoAttempt(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxRetries = 1; c.Bisect = true })
	throttles := 3
	r.worker.answer = func(batch []int) (string, error) {
		if batch[0] == 1 && throttles > 0 {
			throttles--
			return "", lambda.ErrThrottled
		}
		return "", nil
	}
	backlog(r, 2)
	r.expect("[0] [1 2] [1 2] [1 2] [1 2]")
	if got := r.letters.all(); got != "" {
		t.Errorf("records given up: %s, want none", got)
	}
}

func TestRetriesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.MaxRetries = 2; c.BatchSize = 3 })
	r.worker.answer = failOn(-1, 2)
	backlog(r, 4)
	r.expect("[0] [1 2 3] [1 2 3] [1 2 3] [4]")
	if got := r.letters.all(); got != "RetryAttemptsExhausted 1-3" {
		t.Errorf("records given up: %s, want 1-3", got)
	}
	message := r.letters.messages[0]
	if request := message["requestContext"].(map[string]any); request["approximateInvokeCount"] != 3.0 ||
		request["functionArn"] != "arn:function:$LATEST" {
		t.Errorf("request context: %v, want 3 invocations of the function", request)
	}
	if response := message["responseContext"].(map[string]any); response["functionError"] != "Unhandled" {
		t.Errorf("response context: %v, want Unhandled", response)
	}
	if batch := message["DDBStreamBatchInfo"].(map[string]any); batch["batchSize"] != 3.0 || batch["shardId"] != "a" ||
		batch["streamArn"] != "arn:stream" {
		t.Errorf("batch: %v, want 3 records of shard a", batch)
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
		t.Errorf("records given up: %s, want 1-3", got)
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
		t.Errorf("records given up: %s, want 3-3", got)
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
		t.Errorf("records given up: %s, want 1-2 for their age", got)
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
