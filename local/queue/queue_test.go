package queue_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/local/queue"
)

var config = queue.Config{
	Name: "Sys-Q", ARN: "arn:q", Visibility: 360 * time.Second, Retention: 24 * time.Hour, MaxBody: queue.MaxBody,
	MaxReceives: 3,
}

func open(t *testing.T, file string, c queue.Config, deadLetters *queue.Queue) *queue.Queue {
	t.Helper()
	q, err := queue.Open(file, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	q.Redrive(deadLetters)
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func put(t *testing.T, q *queue.Queue, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := q.Put(body, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func all(queue.Message) bool { return true }

// receive waits for messages for a moment.
func receive(t *testing.T, q *queue.Queue) []queue.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	found, err := q.Receive(ctx, all)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// expect receives messages with these bodies.
func expect(t *testing.T, q *queue.Queue, want ...string) []queue.Message {
	t.Helper()
	found := receive(t, q)
	var got []string
	for _, m := range found {
		got = append(got, m.Body)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("received %v, want %v", got, want)
	}
	return found
}

func TestReceivedMessagesAreKeptFromOthers(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	synctest.Test(t, func(t *testing.T) {
		q := open(t, file, config, nil)
		put(t, q, "a", "b")
		begin := time.Now()
		found := expect(t, q, "a", "b")
		if m := found[0]; m.Receives != 1 || !m.FirstReceived.Equal(begin) || !m.Sent.Equal(begin) || m.ID == found[1].ID {
			t.Errorf("received: %+v, want two messages, each received once", found)
		}
		if err := q.Delete(found[1]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(359 * time.Second)
		expect(t, q)
		again, err := q.Receive(t.Context(), all) // waits until the timeout ends, and no longer
		if waited := time.Since(begin); err != nil || len(again) != 1 || waited != 360*time.Second {
			t.Fatalf("received %v after %v, %v; want one after 360 s", again, waited, err)
		}
		if m := again[0]; m.Body != "a" || m.Receives != 2 || !m.FirstReceived.Equal(begin) {
			t.Errorf("received: %+v, want a, received twice", m)
		}
	})
}

func TestDelay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	synctest.Test(t, func(t *testing.T) {
		q := open(t, file, config, nil)
		if _, err := q.Put("later", 5*time.Second); err != nil {
			t.Fatal(err)
		}
		put(t, q, "now")
		expect(t, q, "now")
		_ = q.Close()
		q = open(t, file, config, nil) // a delay outlives the runner
		expect(t, q, "now")
		time.Sleep(5 * time.Second)
		expect(t, q, "later")
	})
}

// A message wakes the receivers that wait.
func TestWaiting(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	synctest.Test(t, func(t *testing.T) {
		q := open(t, file, config, nil)
		begin := time.Now()
		time.AfterFunc(time.Hour, func() { _ = q.Send(t.Context(), []byte("a")) })
		found, err := q.Receive(t.Context(), all)
		if waited := time.Since(begin); err != nil || len(found) != 1 || waited != time.Hour {
			t.Errorf("received %v after %v, %v; want one after an hour", found, waited, err)
		}
	})
}

func TestReceiveWhatFits(t *testing.T) {
	t.Parallel()
	q := open(t, filepath.Join(t.TempDir(), "Q.jsonl"), config, nil)
	put(t, q, "a", "b", "c")
	n := 0
	found, err := q.Receive(t.Context(), func(queue.Message) bool { n++; return n <= 2 })
	if err != nil || len(found) != 2 {
		t.Errorf("received %v, %v; want the two that fit", found, err)
	}
	if found, err := q.Receive(t.Context(), func(queue.Message) bool { return false }); err != nil || len(found) != 0 {
		t.Errorf("received %v, %v; want none", found, err)
	}
	if m := expect(t, q, "c")[0]; m.Receives != 1 {
		t.Errorf("what did not fit counts as received: %+v", m)
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		letters := open(t, filepath.Join(dir, "L.jsonl"), queue.Config{
			Name: "Sys-L", Retention: time.Hour, Visibility: time.Second, MaxReceives: 2,
		}, open(t, filepath.Join(dir, "M.jsonl"), config, nil))
		q, err := queue.Open(filepath.Join(dir, "Q.jsonl"), config, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		q.Redrive(letters)
		put(t, q, "bad")
		for range config.MaxReceives {
			expect(t, q, "bad")
			time.Sleep(config.Visibility)
		}
		expect(t, letters)
		expect(t, q)
		m := expect(t, letters, "bad")[0]
		if m.Receives != 4 || m.Before != 3 || m.DeadLetterOf != "arn:q" {
			t.Errorf("the dead letter is %+v", m)
		}
		if said := log.String(); strings.Count(said, "MESSAGE GIVEN UP") != 1 || !strings.Contains(said, "received=3") ||
			!strings.Contains(said, "deadLetters=Sys-L") {
			t.Errorf("log: %s, want one message given up after 3 receives", said)
		}
		time.Sleep(time.Second)
		expect(t, letters, "bad") // it counts for itself
		_ = q.Close()
		time.Sleep(config.Visibility)
		expect(t, open(t, filepath.Join(dir, "Q.jsonl"), config, letters)) // it is gone for good
	})
}

func TestRetention(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	synctest.Test(t, func(t *testing.T) {
		q := open(t, file, config, nil)
		put(t, q, "old")
		time.Sleep(config.Retention)
		put(t, q, "new")
		time.Sleep(time.Second)
		expect(t, q, "new")
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "deleted") {
			t.Errorf("the file holds %s, %v", text, err)
		}
	})
}

func TestTheEndOfWaiting(t *testing.T) {
	t.Parallel()
	q := open(t, filepath.Join(t.TempDir(), "Q.jsonl"), config, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if found, err := q.Receive(ctx, all); err != nil || found != nil {
			t.Errorf("receive with a canceled context: %v, %v, want nil and no error", found, err)
		}
	})
	cancel()
	waiting.Wait()
}
