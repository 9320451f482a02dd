package runner

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A function sends and receives; what it does not take is sent again, then put among the dead letters. What is in a
// queue outlives a killed runner.
func TestQueues(t *testing.T) {
	t.Parallel()
	state, dir := t.TempDir(), system(t)
	p := launch(t, state, dir, shared(t))
	send := func(p *process, id string) {
		t.Helper()
		if status := p.send("POST", "/messages/"+id); status != 202 {
			t.Fatalf("send the message %s: status %d, want 202; the runner printed\n%s", id, status, p.stderr())
		}
	}
	for _, id := range []string{"cold", "poison", "a", "b"} {
		send(p, id)
		eventually(t, id+" is received", func() bool { return strings.Contains(p.stdout(), "received "+id+", attempt 1,") })
	}
	eventually(t, "the poison is given up", func() bool { return strings.Contains(p.stderr(), "MESSAGE GIVEN UP") })
	if said := p.stdout(); strings.Count(said, "received poison,") != 2 ||
		!strings.Contains(said, "received poison, attempt 2,") {
		t.Errorf("the runner printed %s, want two attempts of poison", said)
	}
	if letters := read(t, filepath.Join(state, "queues", "DeadLetters.jsonl")); !strings.Contains(letters,
		`"body":"poison `) {
		t.Errorf("dead letters: %s, want poison", letters)
	}
	send(p, "hang")
	eventually(t, "it hangs", func() bool { return strings.Contains(p.stdout(), "received hang") })
	for line := range strings.Lines(p.stdout()) {
		if strings.Contains(line, "received ") {
			t.Log(strings.TrimSpace(line))
		}
	}
	_ = p.signal(syscall.SIGKILL)

	again := launch(t, state, dir, shared(t))
	eventually(t, "what was not done comes again", func() bool {
		return strings.Contains(again.stdout(), "received hang, attempt 2,")
	})
	send(again, "c")
	eventually(t, "the next is received", func() bool { return strings.Contains(again.stdout(), "received c,") })
	if said := again.stdout(); strings.Contains(said, "received a,") || strings.Contains(said, "received poison,") {
		t.Errorf("a deleted message was delivered again:\n%s", said)
	}
	_ = again.signal(syscall.SIGKILL)

	fresh := launch(t, state, dir, shared(t), "FRESH=1")
	send(fresh, "d")
	eventually(t, "it is received", func() bool { return strings.Contains(fresh.stdout(), "received d,") })
	if letters := read(t, filepath.Join(state, "queues", "DeadLetters.jsonl")); letters != "" ||
		strings.Contains(fresh.stdout(), "received hang") {
		t.Errorf("FRESH=1 kept dead letters %q, or a message:\n%s", letters, fresh.stdout())
	}
	_ = fresh.signal(syscall.SIGKILL)
}
