package queue_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/local/queue"
)

// A killed runner leaves its files as they are, at worst with half a line.
func TestMessagesOutliveTheRunner(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "queues", "Q.jsonl")
	q := open(t, file, config, nil)
	put(t, q, "a", "b\n<c>", "d")
	found := expect(t, q, "a", "b\n<c>", "d")
	if err := q.Delete(found[0]); err != nil {
		t.Fatal(err)
	}
	appendTo(t, file, `{"sent":{"id":"x","bo`)
	again := expect(t, open(t, file, config, nil), "b\n<c>", "d") // their receivers have ended, too
	if m := again[0]; m.ID != found[1].ID || m.Receives != 2 || !m.FirstReceived.Equal(found[1].FirstReceived) {
		t.Errorf("received after a restart: %+v, want b, received twice", m)
	}
	expect(t, open(t, file, config, nil), "b\n<c>", "d")
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func TestSpoiltFiles(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"no JSON": "{\n", "another's": `{"requestContext":{}}` + "\n", "empty": "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "Q.jsonl")
			put(t, open(t, file, config, nil), "a")
			appendTo(t, file, line)
			_, err := queue.Open(file, config, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "FRESH=1") {
				t.Errorf("open a damaged file: %v, want an error with the line and FRESH=1", err)
			}
		})
	}
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := queue.Open(filepath.Join(file, "Q.jsonl"), config, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("open a file below a file: no error")
	}
}

// The file holds about what the queue holds, however much went through.
func TestTheFileStaysSmall(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	q := open(t, file, config, nil)
	put(t, q, "first")
	first := expect(t, q, "first")[0]
	for i := range 2000 {
		body := fmt.Sprint(i)
		put(t, q, body)
		if err := q.Delete(expect(t, q, body)...); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") > 1010 {
		t.Errorf("file: %d lines, %v, want at most 1010", strings.Count(string(text), "\n"), err)
	}
	m := expect(t, open(t, file, config, nil), "first")[0]
	if m.ID != first.ID || m.Receives != 2 {
		t.Errorf("received: %+v, want the first message, received twice", m)
	}
}

// What can't be written is not accepted; nothing is accepted after it, behind what may be half a line.
func TestAFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	q := open(t, filepath.Join(t.TempDir(), "Q.jsonl"), config, nil)
	put(t, q, "a", "b")
	found, err := q.Receive(t.Context(), func(m queue.Message) bool { return m.Body == "a" })
	if err != nil {
		t.Fatal(err)
	}
	_ = q.Close()
	for range 2 {
		if _, err := q.Put("c", 0); err == nil || !strings.Contains(err.Error(), "Q.jsonl") {
			t.Errorf("put while the file fails: %v, want an error with the file", err)
		}
	}
	if err := q.Delete(found...); err == nil {
		t.Error("delete while the file fails: no error")
	}
	if found, err := q.Receive(t.Context(), all); err == nil {
		t.Errorf("receive while the file fails: %v, want an error", found)
	}
}

func TestManySenders(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "Q.jsonl")
	q := open(t, file, config, nil)
	var senders sync.WaitGroup
	for i := range 20 {
		senders.Go(func() { put(t, q, fmt.Sprint(i)) })
	}
	senders.Wait()
	if found := receive(t, open(t, file, config, nil)); len(found) != 20 {
		t.Errorf("received: %v, want 20 messages", found)
	}
}

// Killed between the two queues, a dead letter is moved again, and is there once.
func TestAKillBetweenTheQueues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "Q.jsonl")
	once := config
	once.MaxReceives = 1
	letters := open(t, filepath.Join(dir, "L.jsonl"), config, nil)
	q := open(t, file, once, letters)
	put(t, q, "bad")
	expect(t, q, "bad")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := os.WriteFile(file, before, 0o600); err != nil {
			t.Fatal(err)
		}
		expect(t, open(t, file, once, letters))
	}
	expect(t, letters, "bad")
	expect(t, open(t, filepath.Join(dir, "L.jsonl"), config, nil), "bad")
}
