package poller_test

import (
	"context"
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

func TestTheEvent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, dir, nil, nil, `{"a":"<b>"}`)
		r.end()
		got := r.worker.events[0].Records[0]
		if got.MessageId == "" || got.ReceiptHandle == "" {
			t.Errorf("record: %+v, want the ids of the message and of its receipt", got)
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
			t.Errorf("record (-want +got):\n%s", diff)
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
		r := run(t, dir, func(c *poller.Config) {
			c.BatchSize, c.MaxConcurrency = 1, 2
		}, func(events.SQSEvent) (string, error) {
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
			t.Errorf("bytes of the payloads: %v, want three of at most 6 MB", r.worker.payloads)
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
			t.Errorf("log: %s, want a failed batch that comes again after 6 minutes", r.log.String())
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
			t.Errorf("dead letters: %v, %v, want a", letters, err)
		}
		r.end()
		if strings.Count(r.log.String(), "MESSAGE GIVEN UP") != 1 {
			t.Errorf("log: %s, want one message given up", r.log.String())
		}
		// The receiver of a dead letter learns the queue that it comes from.
		again := &worker{}
		ctx, cancel := context.WithCancel(t.Context())
		letter, err := queue.Open(filepath.Join(dir, "Letters.jsonl"), queue.Config{Retention: time.Hour},
			slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			_ = poller.New(poller.Config{BatchSize: 1, MaxConcurrency: 1}, letter, again, slog.New(slog.DiscardHandler)).Run(ctx)
		}()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if got := again.events[0].Records[0].Attributes; got["DeadLetterQueueSourceArn"] != "arn:q" ||
			got["ApproximateReceiveCount"] != "5" {
			t.Errorf("attributes: %v, want the source and 5 receives", got)
		}
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
			t.Errorf("batch window: %v, want 1 s", waited)
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
				t.Errorf("%s: stop: %v, want an error with the file", name, err)
			}
			_ = r.letters.Close()
		})
	}
}
