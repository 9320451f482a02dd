package runner

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A schedule is due at its times, and after a POST to its address.
func TestSchedules(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	p := launch(t, state, system(t), shared(t))
	file := filepath.Join(state, "queues", "Told.jsonl")
	if text := read(t, file); text != "" {
		t.Errorf("queue before the schedule's time: %s, want no message", text)
	}
	if status := p.send("POST", "/_local/schedules/Daily"); status != http.StatusAccepted {
		t.Errorf("POST the schedule Daily: status %d, want 202", status)
	}
	if text := read(t, file); !strings.Contains(text, `"body":"it is three o'clock"`) {
		t.Errorf("message of the schedule: %s, want its input", text)
	}
	for path, want := range map[string]int{
		"/_local/schedules/Nightly": http.StatusNotFound, "/_local/schedules/": http.StatusNotFound,
	} {
		if status := p.send("POST", path); status != want {
			t.Errorf("POST %s: status %d, want %d", path, status, want)
		}
	}
}
