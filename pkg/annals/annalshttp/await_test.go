package annalshttp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// timetable is a read model of accounts. It shows each version of a stream from a set time after the timetable was
// made.
type timetable struct {
	made   time.Time
	shown  map[es.StreamVersion]time.Duration
	parked es.StreamID
	err    error
	looks  []time.Duration
}

func (p *timetable) Name() string { return "accounts" }

func (p *timetable) Reads(streamType string) bool { return streamType == "Account" }

func (p *timetable) Progress(_ context.Context, wanted es.StreamVersion) (projection.Progressed, error) {
	now := time.Since(p.made)
	p.looks = append(p.looks, now)
	var out projection.Progressed
	for v, at := range p.shown {
		if v.Stream == wanted.Stream && now >= at {
			out.Version = max(out.Version, v.Version)
		}
	}
	if wanted.Stream == p.parked {
		out.Parked = &projection.Parked{}
	}
	out.Shows = out.Version >= wanted.Version
	return out, p.err
}

var (
	a1 = es.StreamID{Type: "Account", ID: "a-1"}
	a2 = es.StreamID{Type: "Account", ID: "a-2"}
)

func TestAwait(t *testing.T) {
	t.Parallel()
	v := func(stream es.StreamID, version int64) es.StreamVersion {
		return es.StreamVersion{Stream: stream, Version: version}
	}
	millis := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	for _, test := range []struct {
		name     string
		awaited  awaited
		shown    map[es.StreamVersion]time.Duration
		parked   es.StreamID
		deadline time.Duration // 0 = none
		took     time.Duration
		looks    int
		missing  []es.StreamVersion
	}{
		{name: "nothing is awaited", awaited: awaited{wait: defaultWait}},
		{
			name:    "what it does not read",
			awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(es.StreamID{Type: "Order", ID: "o"}, 1)}},
		},
		{name: "it is there", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 1)}},
			shown: map[es.StreamVersion]time.Duration{v(a1, 2): 0}, looks: 1},
		// 0, 20, 60, 140
		{name: "it comes", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 2)}},
			took: millis(140), looks: 4,
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): 0, v(a1, 2): millis(61)}},
		{name: "it never comes", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 2)}},
			took: defaultWait, looks: 12,
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): 0}, missing: []es.StreamVersion{v(a1, 2)}},
		{name: "it comes at the very end", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 2)}},
			took: defaultWait, looks: 12,
			shown: map[es.StreamVersion]time.Duration{v(a1, 2): millis(1999)}},
		{
			name:    "no wait",
			awaited: awaited{streams: []es.StreamVersion{v(a1, 1)}},
			looks:   1,
			missing: []es.StreamVersion{v(a1, 1)},
		},
		{name: "one of two comes", awaited: awaited{wait: millis(100), streams: []es.StreamVersion{v(a1, 1), v(a2, 1)}},
			took:  millis(100),
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): millis(15)}, looks: 6, missing: []es.StreamVersion{v(a2, 1)}},
		{name: "both come", awaited: awaited{wait: millis(100), streams: []es.StreamVersion{v(a1, 1), v(a2, 1)}},
			took:  millis(60),
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): 0, v(a2, 1): millis(50)}, looks: 4},
		{name: "parked", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 2)}}, parked: a1, looks: 1,
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): 0}, missing: []es.StreamVersion{v(a1, 2)}},
		{name: "parked further on", awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 1)}},
			parked: a1, looks: 1,
			shown: map[es.StreamVersion]time.Duration{v(a1, 1): 0}},
		{name: "a request that ends before",
			awaited: awaited{wait: 10 * time.Second, streams: []es.StreamVersion{v(a1, 1)}}, looks: 5,
			deadline: margin + millis(200), took: millis(200), missing: []es.StreamVersion{v(a1, 1)}},
		{name: "a request that ends soon",
			awaited: awaited{wait: defaultWait, streams: []es.StreamVersion{v(a1, 1)}}, looks: 1,
			deadline: margin / 2, missing: []es.StreamVersion{v(a1, 1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := &timetable{made: time.Now(), shown: test.shown, parked: test.parked}
				ctx := t.Context()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				missing, err := test.awaited.await(ctx, p)
				if took := time.Since(p.made); err != nil || took != test.took || len(p.looks) != test.looks ||
					len(missing) != len(test.missing) {
					t.Fatalf("await ended after %s, looked at %v, is missing %+v, error %v", took, p.looks, missing, err)
				}
				for i, want := range test.missing {
					if missing[i].StreamVersion != want || missing[i].parked != (want.Stream == test.parked) {
						t.Errorf("missing: %+v, want %v", missing[i], want)
					}
				}
			})
		})
	}
}

func TestAwaitFails(t *testing.T) {
	t.Parallel()
	w := awaited{wait: defaultWait, streams: []es.StreamVersion{{Stream: a1, Version: 1}}}
	broken := errors.New("broken")
	if _, err := w.await(t.Context(), &timetable{err: broken}); !errors.Is(err, broken) {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if _, err := w.await(ctx, &timetable{}); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("wait with a canceled context: after %s: %v, want context.Canceled after 1 s", time.Since(start), err)
		}
	})
}
