package mapping_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/local/mapping"
)

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
	r.expect(seen + " [22]") // once: no other lane reads it
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

func TestCheckpointThatWasTrimmed(t *testing.T) {
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
