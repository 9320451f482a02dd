package console

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// tail is a source whose commits a test sends.
type tail struct {
	Source
	commits   chan inspect.Commit
	fail      chan error
	following atomic.Int32
	calls     atomic.Int32 // of the source, in all
	applied   func(version int64) []inspect.Applied
	past      inspect.Recent[inspect.Commit]
	wanted    []int // newest commits, at each call
}

func newTail() *tail {
	return &tail{
		commits: make(chan inspect.Commit), fail: make(chan error), applied: func(int64) []inspect.Applied { return nil },
	}
}

func (s *tail) Recent(ctx context.Context, n int) (inspect.Recent[inspect.Commit], error) {
	s.calls.Add(1)
	s.wanted = append(s.wanted, n)
	past := s.past
	if n == 0 {
		past.Commits = nil
	}
	past.Then = func(yield func(inspect.Commit, error) bool) {
		s.following.Add(1)
		defer s.following.Add(-1)
		for {
			select {
			case <-ctx.Done():
				return
			case c := <-s.commits:
				if !yield(c, nil) {
					return
				}
			case err := <-s.fail:
				yield(inspect.Commit{}, err)
				return
			}
		}
	}
	return past, nil
}

func (s *tail) AppliedOnDynamoDB(_ context.Context, _ es.StreamID, version int64) ([]inspect.Applied, error) {
	s.calls.Add(1)
	return s.applied(version), nil
}

func start(t *testing.T, s *tail, cfg Config) *hub {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	return New(t.Context(), s, nil, nil, cfg).hub
}

// TestFollowsWhileThereArePages: the commits are followed once for all open pages, and not at all without one.
func TestFollowsWhileThereArePages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTail()
		h := start(t, s, Config{})
		synctest.Wait()
		if n := s.following.Load(); n != 0 {
			t.Errorf("the table's stream was read %d times without a page", n)
		}
		one, _ := h.join()
		two, _ := h.join()
		synctest.Wait()
		if n := s.following.Load(); n != 1 {
			t.Errorf("followed %d times for two pages", n)
		}
		h.leave(one)
		s.commits <- inspect.Commit{Stream: "Order#o", Version: 1, LastVersion: 1}
		if m := <-two.messages; m.event != "opened" {
			t.Errorf("first message: %s %s, want opened", m.event, m.data)
		}
		if m := <-two.messages; m.event != "commit" {
			t.Errorf("second message: %s %s, want commit", m.event, m.data)
		}
		h.leave(two)
		synctest.Wait()
		if n := s.following.Load(); n != 0 {
			t.Errorf("the table's stream was read %d times after the last page left", n)
		}
		again, first := h.join()
		if len(first) != 1 || string(first[0].data) != "[]" {
			t.Errorf("history of a page that connects later: %s, want it empty", first)
		}
		h.leave(again)
	})
}

// TestNewestCommits: a page that opens shows the newest commits that exist. They are in no rate and no lag; what is
// stored from then on is. A page that comes later is told the same.
func TestNewestCommits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTail()
		old := func(version int64) inspect.Commit {
			at := time.Now().Add(-time.Duration(10-version) * time.Second)
			return inspect.Commit{
				Stream: "Order#o", Version: version, LastVersion: version, At: at, Events: make([]inspect.Event, 1),
			}
		}
		s.past = inspect.Recent[inspect.Commit]{Commits: []inspect.Commit{old(1), old(2)}}
		h := start(t, s, Config{})
		p, first := h.join()
		s.commits <- old(3) // a shard that came late
		s.commits <- inspect.Commit{
			Stream: "Order#new", Version: 1, LastVersion: 1, At: time.Now(), Events: make([]inspect.Event, 1),
		}
		time.Sleep(1500 * time.Millisecond)
		var told []string
		for range 6 {
			m := <-p.messages
			told = append(told, m.event)
			if m.event == "opened" && string(m.data) != `{"complete":false}` {
				t.Errorf("message opened has %s", m.data)
			}
			if m.event == "pulse" && !strings.Contains(string(m.data), `"commits":1,"events":1`) {
				t.Errorf("old commits count: %s", m.data)
			}
		}
		if got := strings.Join(told, " "); len(first) != 1 || got != "commit commit opened commit commit pulse" {
			t.Errorf("messages: %s, want commit commit opened commit commit pulse", got)
		}
		s.fail <- errors.New("gone")
		time.Sleep(2 * again)
		synctest.Wait()
		if !slices.Equal(s.wanted, []int{recent, 0}) {
			t.Errorf("numbers of recent commits that were read: %v, want none after the failure", s.wanted)
		}
		late, first := h.join()
		told = nil
		for _, m := range first {
			told = append(told, m.event)
		}
		if got := strings.Join(told, " "); got != "history commit commit commit commit opened" {
			t.Errorf("messages to a page that connects later: %s", got)
		}
		h.leave(late)
		h.leave(p)
	})
}

// TestReadsForNoPage: without a page the console calls nothing: no feed, no checkpoint of a commit that it watched, no
// counter of the runner. A page that comes back is served again.
func TestReadsForNoPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTail()
		var counters atomic.Int32
		s.applied = func(int64) []inspect.Applied { // never applied: it is watched on
			return []inspect.Applied{{Projection: "slow", Status: projection.Serving}}
		}
		h := start(t, s, Config{
			Requests: func(context.Context) (map[string]Count, error) { counters.Add(1); return nil, nil },
			Units:    func(context.Context) (Consumed, error) { counters.Add(1); return Consumed{}, nil },
		})
		calls := func() int32 { return s.calls.Load() + counters.Load() }
		time.Sleep(time.Minute)
		if n := calls(); n != 0 {
			t.Errorf("%d calls before the first page", n)
		}
		for visit := range 2 {
			before := calls()
			p, _ := h.join()
			s.commits <- inspect.Commit{Stream: "Order#o", Version: 1, LastVersion: 1, At: time.Now()}
			time.Sleep(5 * time.Second)
			// At least the feed, and each second a checkpoint and two counters.
			if n := calls() - before; n < 1+4*3 {
				t.Errorf("visit %d: %d calls for an open page", visit, n)
			}
			h.leave(p)
			synctest.Wait()
			before = calls()
			time.Sleep(10 * time.Minute)
			if n := calls() - before; n != 0 {
				t.Errorf("visit %d: %d calls after the page left", visit, n)
			}
		}
	})
}

// A page that reads no messages delays no other page, and learns later how many it missed.
func TestSlowPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTail()
		h := start(t, s, Config{})
		slow, _ := h.join()
		synctest.Wait()
		<-slow.messages // opened
		for v := range int64(pending + 10) {
			s.commits <- inspect.Commit{Stream: "Order#o", Version: v + 1, LastVersion: v + 1}
		}
		synctest.Wait()
		for range pending {
			<-slow.messages
		}
		s.commits <- inspect.Commit{Stream: "Order#o", Version: 1000, LastVersion: 1000}
		if m := <-slow.messages; m.event != "missed" || string(m.data) != `{"messages":10}` {
			t.Errorf("message to a slow page: %s %s, want missed, 10 messages", m.event, m.data)
		}
		if m := <-slow.messages; m.event != "commit" {
			t.Errorf("message after the missed ones: %s %s, want commit", m.event, m.data)
		}
		h.leave(slow)
	})
}

// What goes wrong is said, and tried again.
func TestTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTail()
		h := start(t, s, Config{})
		p, _ := h.join()
		s.fail <- errors.New("no stream")
		<-p.messages // opened
		if m := <-p.messages; m.event != "trouble" || !strings.Contains(string(m.data), "no stream") {
			t.Errorf("message without a stream: %s %s, want trouble that says so", m.event, m.data)
		}
		late, first := h.join()
		if m := first[len(first)-1]; m.event != "trouble" {
			t.Errorf("messages to a page that connects after the trouble: %s", m.event)
		}
		h.leave(late)
		for m := range p.messages {
			if m.event == "trouble" {
				if string(m.data) != `{"error":""}` {
					t.Errorf("message after the trouble ended: %s, want an empty error", m.data)
				}
				break
			}
		}
		s.commits <- inspect.Commit{Stream: "Order#o", Version: 1, LastVersion: 1}
		h.leave(p)
	})
}

// Lag is that of commits whose time is known; what waits gets older; what is parked waits no more.
func TestMeter(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	at := begin.Add(25 * time.Millisecond)
	s := newTail()
	m := newMeter(&Console{source: s, cfg: Config{Sample: 2, Log: slog.New(slog.DiscardHandler)}})
	add := func(stream string, version int64) {
		m.add(&inspect.Commit{
			Stream: stream, Version: version, LastVersion: version, At: begin, Events: make([]inspect.Event, 3),
		})
	}
	answers := map[int64][]inspect.Applied{
		1: {
			{Projection: "exact", Status: projection.Serving, Applied: true, Exact: true, At: &at},
			{Projection: "later", Status: projection.Serving, Applied: true, At: &at},
			{Projection: "slow", Status: projection.Serving},
			{Projection: "parked", Status: projection.Serving, Parked: &projection.Parked{}},
			{Projection: "new", Status: projection.Building},
		},
	}
	s.applied = func(version int64) []inspect.Applied { return answers[version] }
	add("Order#o", 1)
	p := m.pulse(t.Context(), begin.Add(time.Second))
	if p.Commits != 1 || p.Events != 3 || p.Projections["exact"].Events != 3 || len(p.Projections["exact"].Lags) != 1 ||
		p.Projections["exact"].Lags[0] != 25 {
		t.Errorf("first pulse: %+v, %+v, want 1 commit, 3 events and a lag of 25 ms", p, p.Projections["exact"])
	}
	if e := p.Projections["later"]; len(e.Lags) != 0 || e.Waiting != 0 {
		t.Errorf("projection that applied a later commit: %+v", e)
	}
	if e := p.Projections["slow"]; e.Waiting != 1 || e.Oldest != 1000 {
		t.Errorf("projection that has not applied the commit: %+v, want 1 waiting for 1000 ms", e)
	}
	if p.Projections["parked"].Waiting != 0 || p.Projections["new"] != nil {
		t.Errorf("progress of projections: %+v, want none waiting in parked, and no progress of new", p.Projections)
	}
	if p = m.pulse(t.Context(), begin.Add(3*time.Second)); p.Projections["slow"].Oldest != 3000 ||
		len(p.Projections) != 1 || p.Commits != 0 {
		t.Errorf("pulse after 3 s: %+v, want slow alone, waiting for 3000 ms", p)
	}
	answers[1][2].Applied = true
	m.pulse(t.Context(), begin.Add(4*time.Second))
	if len(m.watched) != 0 {
		t.Error("what all have applied is watched")
	}
	delete(answers, 1)
	answers[2] = []inspect.Applied{{Projection: "slow", Status: projection.Serving}}
	for i := range 3 * maxWatched {
		add("Order#"+string(rune('a'+i)), 2)
		m.pulse(t.Context(), begin)
	}
	if len(m.watched) != maxWatched || m.watched[0].stream.ID != "a" {
		t.Errorf("%d are watched, from %s", len(m.watched), m.watched[0].stream)
	}
	if m.pulse(t.Context(), begin.Add(patience+time.Second)); len(m.watched) != 0 {
		t.Error("what was never applied is watched for ever")
	}
}
