package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/annals-es/annals/pkg/es"
)

// anyCalls: no sequence of valid and invalid calls leaves a gap or an overlap, and exactly the appends that returned no
// error are stored.
func anyCalls(t *testing.T, f *fixture) {
	runs := 0
	rapid.Check(t, func(r *rapid.T) {
		runs++
		m := &model{fixture: f, last: map[es.StreamID]int64{}}
		for i := range 3 {
			s := es.StreamID{Type: "Account", ID: fmt.Sprintf("%d-%d", runs, i)}
			m.streams = append(m.streams, s)
			m.heads = append(m.heads, f.Empty(s))
		}
		r.Repeat(map[string]func(*rapid.T){
			"head":          m.look,
			"load":          m.load,
			"append":        m.write,
			"append twice":  m.repeat,
			"foreign heads": m.foreign,
		})
		for _, s := range m.streams {
			f.whole(t, s, m.last[s])
		}
	})
}

// model tracks what the streams must contain.
type model struct {
	*fixture
	streams []es.StreamID
	heads   []es.Head // all heads that the store has returned, most of them outdated
	last    map[es.StreamID]int64
}

func (m *model) stream(r *rapid.T) es.StreamID { return rapid.SampledFrom(m.streams).Draw(r, "stream") }

func (m *model) look(r *rapid.T) {
	s := m.stream(r)
	h, err := m.Head(context.Background(), s)
	if err != nil || h.Version() != m.last[s] {
		r.Fatalf("head of %s: %d, %v; want %d", s, h.Version(), err, m.last[s])
	}
	m.heads = append(m.heads, h)
}

// load loads from any head. In some runs, visit stops it.
func (m *model) load(r *rapid.T) {
	from, stop := rapid.SampledFrom(m.heads).Draw(r, "from"), rapid.Bool().Draw(r, "stop")
	enough := errors.New("enough")
	h, err := m.Load(context.Background(), from, func(*es.Commit) error {
		if stop {
			return enough
		}
		return nil
	})
	switch {
	case errors.Is(err, enough):
		if m.appendTo(h) == nil {
			r.Fatalf("an append to the head of a stopped load succeeded")
		}
	case err != nil || h.Version() != m.last[from.Stream()]:
		r.Fatalf("load from %s@%d: %d, %v; want %d", from.Stream(), from.Version(), h.Version(), err, m.last[from.Stream()])
	default:
		m.heads = append(m.heads, h)
	}
}

func (m *model) appendTo(h es.Head) error {
	_, err := m.Append(context.Background(), es.Append{Writes: []es.Write{{Head: h, Events: events(1)}}})
	return err
}

// write appends to one or more heads and checks others; each may be current or outdated.
func (m *model) write(r *rapid.T) { m.apply(r, m.draw(r), 1) }

// repeat sends the same append twice, as after a lost answer.
func (m *model) repeat(r *rapid.T) {
	a := m.draw(r)
	a.ID = uuid.NewString()
	m.apply(r, a, 2)
}

func (m *model) draw(r *rapid.T) es.Append {
	var a es.Append
	used := map[es.StreamID]bool{}
	for range rapid.IntRange(1, 3).Draw(r, "heads") {
		h := rapid.SampledFrom(m.heads).Draw(r, "head")
		switch {
		case used[h.Stream()]:
		case len(a.Writes) > 0 && rapid.Bool().Draw(r, "check only"):
			a.Checks = append(a.Checks, h)
		default:
			a.Writes = append(a.Writes, es.Write{Head: h, Events: events(rapid.IntRange(1, 4).Draw(r, "events"))})
		}
		used[h.Stream()] = true
	}
	return a
}

func (m *model) apply(r *rapid.T, a es.Append, times int) {
	current := true
	for _, w := range a.Writes {
		current = current && w.Head.Version() == m.last[w.Head.Stream()]
	}
	for _, h := range a.Checks {
		current = current && h.Version() == m.last[h.Stream()]
	}
	for range times {
		m.clock.add(time.Second)
		stored, err := m.Append(context.Background(), a)
		switch {
		case current != (err == nil):
			r.Fatalf("append: %v, all heads current: %v", err, current)
		case err != nil && !errors.As(err, new(*es.ConflictError)):
			r.Fatalf("append: %v, want a conflict", err)
		case err == nil:
			for _, s := range stored {
				m.last[s.Stream] = s.LastVersion()
				m.heads = append(m.heads, s.Head)
			}
		}
	}
}

// foreign tries to append to heads that this store did not make.
func (m *model) foreign(r *rapid.T) {
	version := rapid.Int64Range(-1, 12).Draw(r, "version")
	for _, h := range []es.Head{
		{}, storekit.NewSeal().After(&es.Commit{Stream: m.stream(r), Version: version, Events: events(1)}),
	} {
		if err := m.appendTo(h); !errors.Is(err, es.ErrForeignHead) {
			r.Fatalf("append to a foreign head: %v", err)
		}
	}
}
