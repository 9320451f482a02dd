package mapping_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/local/mapping"
)

func TestARestartGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.tape.add("a", "")
	r.tape.write("a", 1, 3)
	r.start()
	r.eventually("all", func() bool { return r.worker.records() == 3 })
	r.stop()
	r.tape.write("a", 4, 5)
	before := r.worker.seen()
	r.start()
	r.expect(before + " [4 5]")
}

func TestStaleCheckpointsAreDiscarded(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*rig){
		"another stream":   func(r *rig) { r.config.Stream = "arn:another" },
		"another endpoint": func(r *rig) { r.rewrite(`"endpoint"`, `"elsewhere"`) },
		"not whole":        func(r *rig) { r.rewrite("}", "") },
		"another shard":    func(r *rig) { r.rewrite(`"a"`, `"z"`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			r.tape.add("a", "")
			r.tape.write("a", 1, 1)
			r.start()
			r.expect("[1]")
			r.stop()
			change(r)
			r.start()
			r.expect("[1] [1]")
		})
	}
}

func (r *rig) rewrite(from, to string) {
	r.t.Helper()
	text, err := os.ReadFile(r.file)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.file, []byte(strings.ReplaceAll(string(text), from, to)), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// What the function has not finished with when the mapping stops, and what failed, is sent again. What lies behind it
// is not passed over, although other lanes were done with it.
func TestWhatIsNotDoneComesAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *mapping.Config) { c.Parallelization, c.BatchSize = 10, 1 })
	r.worker.answer = func(batch []int) (string, error) {
		if batch[0] == 5 {
			return "", errors.New("not yet")
		}
		return "", nil
	}
	r.tape.add("a", "")
	r.tape.write("a", 1, 20)
	r.start()
	r.eventually("most", func() bool { return r.worker.records() > 12 })
	time.Sleep(150 * time.Millisecond) // several flushes
	text, err := os.ReadFile(r.file)
	if err != nil || !strings.Contains(string(text), `"4"`) {
		t.Errorf("checkpoints: %s, %v, want sequence number 4", text, err)
	}
	r.stop()
	r.worker.answer = nil
	seen := len(r.worker.batches)
	r.start()
	r.eventually("the rest", func() bool {
		r.worker.mu.Lock()
		defer r.worker.mu.Unlock()
		again := map[int]bool{}
		for _, b := range r.worker.batches[seen:] {
			again[b[0]] = true
		}
		for n := 5; n <= 20; n++ {
			if !again[n] {
				return false
			}
		}
		return !again[4]
	})
}

// Stopping waits for what the function has begun, and counts it.
func TestStoppingWaitsForTheFunction(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	open := gate(r.worker)
	r.tape.add("a", "")
	r.tape.write("a", 1, 1)
	r.start()
	r.eventually("it is called", func() bool { return r.worker.records() == 1 })
	time.AfterFunc(100*time.Millisecond, open)
	r.stop()
	r.start()
	r.tape.write("a", 2, 2)
	r.expect("[1] [2]")
}

func TestUnwritableCheckpoints(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mapping.OpenCheckpoints(filepath.Join(file, "checkpoints.json"), "", ""); err == nil {
		t.Error("open checkpoints below a file: no error")
	}
}
