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
	// patience is how long a commit is watched that a projection does not apply.
	patience = 5 * time.Minute
	// maxWatched is the most commits that are watched at a time.
	maxWatched = 20
	// lookTimeout is the timeout of each request for a pulse.
	lookTimeout = 5 * time.Second
)

// pulse has the figures of a second.
type pulse struct {
	At      time.Time `json:"at"`
	Commits int       `json:"commits"`
	Events  int       `json:"events"`
	// Requests are the requests since the last pulse, by function. It is absent if [Config.Requests] is nil.
	Requests map[string]Count `json:"requests,omitempty"`
	// Units are the units consumed since the last pulse. It is absent if [Config.Units] is nil.
	Units *Consumed `json:"units,omitempty"`
	// Projections are those that had events to apply, or commits of the sample.
	Projections map[string]*effort `json:"projections"`
}

// effort has the figures of a projection in a second.
type effort struct {
	// Events is how many events were stored in streams that it reads.
	Events int `json:"events"`
	// Lags are the times from recording to applying of commits of the sample, in milliseconds.
	Lags []float64 `json:"lags,omitempty"`
	// Waiting is how many commits of the sample it has not applied yet. Oldest is the age of the oldest of them, in
	// milliseconds. Commits of parked streams do not count.
	Waiting int     `json:"waiting,omitempty"`
	Oldest  float64 `json:"oldest,omitempty"`
}

// meter counts commits, and watches when the projections apply a sample of them.
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

// watched is a commit of the sample.
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
		return // can't happen: the store has only valid names
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Commits++
	m.now.Events += len(c.Events)
	m.types[stream.Type] += len(c.Events)
	w := &watched{stream: stream, version: c.LastVersion, at: c.At, done: map[string]bool{}}
	// Only the newest commit of a stream: a checkpoint has the time of the last applied commit alone.
	m.fresh = append(slices.DeleteFunc(m.fresh, func(old *watched) bool { return old.stream == stream }), w)
	m.fresh = last(m.fresh, m.console.cfg.Sample)
}

// pulse ends a second and returns its figures. It reads which projections have applied the watched commits.
func (m *meter) pulse(ctx context.Context, now time.Time) pulse {
	m.mu.Lock()
	out := m.now
	types := m.types
	m.watched = append(m.watched, m.fresh...)
	if over := len(m.watched) - maxWatched; over > 0 { // the first have the worst lag, the last the current one
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

// look reads which projections on DynamoDB have applied each watched commit. It drops commits that all have applied. It
// leaves out the others: each commit would take an invocation a second.
func (m *meter) look(ctx context.Context, now time.Time, out *pulse) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	m.watched = slices.DeleteFunc(m.watched, func(w *watched) bool {
		if now.Sub(w.at) > patience {
			return true
		}
		applied, err := m.console.source.AppliedOnDynamoDB(ctx, w.stream, w.version)
		if err != nil {
			m.console.cfg.Log.DebugContext(ctx, "the progress of projections can't be read", slog.String("error", err.Error()))
			return false
		}
		m.learn(w.stream.Type, applied)
		return w.settle(now, applied, out)
	})
}

// learn stores which projections read a type of stream.
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

// settle adds the new results of a commit to a pulse. It returns true if no more results are to come.
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
			if a.Exact { // else a later commit was applied since, and the time of this one is not known
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
		m.console.cfg.Log.DebugContext(ctx, "the counts of requests can't be read", slog.String("error", err.Error()))
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
		m.console.cfg.Log.DebugContext(ctx, "the consumed units can't be read", slog.String("error", err.Error()))
		return
	}
	if m.used != nil {
		out.Units = &Consumed{max(used.Read-m.used.Read, 0), max(used.Write-m.used.Write, 0)}
	}
	m.used = &used
}
