package runner

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A schedule is due at its times, and whenever somebody says so.
func TestSchedules(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t))
	file := filepath.Join(state, "queues", "Told.jsonl")
	if text := read(t, file); text != "" {
		t.Errorf("before its time: %s", text)
	}
	if status := p.send("POST", "/_local/schedules/Daily"); status != http.StatusAccepted {
		t.Errorf("POST: %d", status)
	}
	if text := read(t, file); !strings.Contains(text, `"body":"it is three o'clock"`) {
		t.Errorf("sent: %s", text)
	}
	for path, want := range map[string]int{
		"/_local/schedules/Nightly": http.StatusNotFound, "/_local/schedules/": http.StatusNotFound,
	} {
		if status := p.send("POST", path); status != want {
			t.Errorf("POST %s: %d", path, status)
		}
	}
}
