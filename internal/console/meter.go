package console

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

const (
	// patience is how long a commit is looked after that a projection does not apply.
	patience = 5 * time.Minute
	// maxWatched is the most commits that are looked after at once.
	maxWatched = 20
	// lookTimeout is how long a look at the projections takes at most.
	lookTimeout = 5 * time.Second
)

// pulse says how things were in a second.
type pulse struct {
	At      time.Time `json:"at"`
	Commits int       `json:"commits"`
	Events  int       `json:"events"`
	// Requests are the requests since the pulse before, by function; absent where nobody counts them.
	Requests map[string]Count `json:"requests,omitempty"`
	// Units are what was consumed since the pulse before; absent where nobody counts it.
	Units *Consumed `json:"units,omitempty"`
	// Projections are those that had something to do.
	Projections map[string]*effort `json:"projections"`
}

// effort is what a projection had to do in a second, and how it got on with a sample of it.
type effort struct {
	// Events are those stored in streams that it reads.
	Events int `json:"events"`
	// Lags are how long after their recording commits of the sample were applied, in milliseconds.
	Lags []float64 `json:"lags,omitempty"`
	// Waiting is how many commits of the sample it has not applied yet, and Oldest for how long the first waits, in
	// milliseconds. Those of parked streams are not among them.
	Waiting int     `json:"waiting,omitempty"`
	Oldest  float64 `json:"oldest,omitempty"`
}

// meter counts commits, and watches some of them on their way into the projections.
type meter struct {
	console *Console
	begun   time.Time // commits that are older don't count
	mu      sync.Mutex
	now     pulse
	types   map[string]int // events by type of stream, since the last pulse
	fresh   []*watched     // this second's sample
	readers map[string][]string
	watched []*watched
	counts  map[string]Count // at the last pulse
	used    *Consumed        // at the last pulse
}

// watched is a commit whose way is watched.
type watched struct {
	stream  es.StreamID
	version int64
	at      time.Time
	done    map[string]bool // by projection
}

func newMeter(c *Console) *meter {
	return &meter{console: c, begun: time.Now(), types: map[string]int{}, readers: map[string][]string{}}
}

// add counts a commit.
func (m *meter) add(c *inspect.Commit) {
	stream, err := es.ParseStreamID(c.Stream)
	if err != nil {
		return // it was a stream's name: can't be
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Commits++
	m.now.Events += len(c.Events)
	m.types[stream.Type] += len(c.Events)
	w := &watched{stream: stream, version: c.LastVersion, at: c.At, done: map[string]bool{}}
	// The newest commit of each of the latest streams: an older one of the same stream would tell no time of its own.
	m.fresh = append(slices.DeleteFunc(m.fresh, func(old *watched) bool { return old.stream == stream }), w)
	m.fresh = last(m.fresh, m.console.cfg.Sample)
}

// pulse ends a second: it looks how the watched commits got on.
func (m *meter) pulse(ctx context.Context, now time.Time) pulse {
	m.mu.Lock()
	out := m.now
	types := m.types
	m.watched = append(m.watched, m.fresh...)
	if over := len(m.watched) - maxWatched; over > 0 { // the first tell the worst lag, the last how it is now
		m.watched = slices.Delete(m.watched, maxWatched/2, maxWatched/2+over)
	}
	m.now, m.types, m.fresh = pulse{}, map[string]int{}, nil
	m.mu.Unlock()

	out.At, out.Projections = now, map[string]*effort{}
	m.look(ctx, now, &out)
	for typ, events := range types {
		for _, name := range m.readers[typ] {
			out.of(name).Events += events
		}
	}
	m.request(ctx, &out)
	m.consume(ctx, &out)
	return out
}

func (p *pulse) of(name string) *effort {
	if p.Projections[name] == nil {
		p.Projections[name] = &effort{}
	}
	return p.Projections[name]
}

// look asks how far the projections have come with each watched commit, and forgets those that all have applied.
func (m *meter) look(ctx context.Context, now time.Time, out *pulse) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	m.watched = slices.DeleteFunc(m.watched, func(w *watched) bool {
		if now.Sub(w.at) > patience {
			return true
		}
		applied, err := m.console.source.Applied(ctx, w.stream, w.version)
		if err != nil {
			m.console.cfg.Log.DebugContext(ctx, "how far the projections are", slog.String("error", err.Error()))
			return false
		}
		m.learn(w.stream.Type, applied)
		return w.settle(now, applied, out)
	})
}

// learn remembers which projections read a type of stream.
func (m *meter) learn(typ string, applied []inspect.Applied) {
	if m.readers[typ] != nil {
		return
	}
	names := []string{}
	for _, a := range applied {
		if a.Status == projection.Serving {
			names = append(names, a.Projection)
		}
	}
	slices.SortFunc(names, strings.Compare)
	m.readers[typ] = slices.Compact(names)
}

// settle takes down what is new of a commit, and tells whether nothing more is to come.
func (w *watched) settle(now time.Time, applied []inspect.Applied, out *pulse) bool {
	all := true
	for _, a := range applied {
		if a.Status != projection.Serving || w.done[a.Projection] {
			continue
		}
		e := out.of(a.Projection)
		switch {
		case a.Applied:
			w.done[a.Projection] = true
			if a.Exact { // else it was applied with a later one, and no time is known
				e.Lags = append(e.Lags, max(millis(a.At.Sub(w.at)), 0))
			}
		case a.Parked != nil:
			w.done[a.Projection] = true
		default:
			all = false
			e.Waiting++
			e.Oldest = max(e.Oldest, millis(now.Sub(w.at)))
		}
	}
	return all
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// request counts the requests since the last pulse.
func (m *meter) request(ctx context.Context, out *pulse) {
	if m.console.cfg.Requests == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	counts, err := m.console.cfg.Requests(ctx)
	if err != nil {
		m.console.cfg.Log.DebugContext(ctx, "count requests", slog.String("error", err.Error()))
		return
	}
	if m.counts != nil {
		out.Requests = map[string]Count{}
		for name, n := range counts {
			before := m.counts[name]
			out.Requests[name] = Count{max(n.Invocations-before.Invocations, 0), max(n.Throttled-before.Throttled, 0)}
		}
	}
	m.counts = counts
}

// consume counts the units since the last pulse.
func (m *meter) consume(ctx context.Context, out *pulse) {
	if m.console.cfg.Units == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	used, err := m.console.cfg.Units(ctx)
	if err != nil {
		m.console.cfg.Log.DebugContext(ctx, "count units", slog.String("error", err.Error()))
		return
	}
	if m.used != nil {
		out.Units = &Consumed{max(used.Read-m.used.Read, 0), max(used.Write-m.used.Write, 0)}
	}
	m.used = &used
}
