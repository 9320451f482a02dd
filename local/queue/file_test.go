package queue_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/local/queue"
)

func TestFile(t *testing.T) {
	t.Parallel()
	q := queue.NewFile(filepath.Join(t.TempDir(), "queues"), "Failures")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := q.Send(t.Context(), fmt.Appendf(nil, `{"n":%d}`, i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := q.Send(t.Context(), []byte("{\n}")); err == nil {
		t.Error("a message of two lines is accepted")
	}
	text, err := os.ReadFile(q.Path())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(lines)
	if len(slices.Compact(lines)) != 20 || filepath.Base(q.Path()) != "Failures.jsonl" {
		t.Errorf("%s holds %s", q.Path(), text)
	}
}
