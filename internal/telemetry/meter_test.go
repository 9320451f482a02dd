package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/test/measured"
)

// lines returns what a meter wrote, without the timestamp, which must be the current time.
func lines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var document map[string]any
		if err := json.Unmarshal([]byte(line), &document); err != nil {
			t.Fatalf("parse the metrics line %q: %v", line, err)
		}
		aws := document["_aws"].(map[string]any)
		at := time.UnixMilli(int64(aws["Timestamp"].(float64)))
		if ago := time.Since(at); ago < -time.Second || ago > time.Minute {
			t.Errorf("timestamp of the metrics: %v, want now", at)
		}
		directive := aws["CloudWatchMetrics"].([]any)[0].(map[string]any)
		metrics := map[string]any{}
		for _, m := range directive["Metrics"].([]any) {
			metric := m.(map[string]any)
			metrics[metric["Name"].(string)] = metric["Unit"]
		}
		document["_aws"] = map[string]any{
			"Namespace": directive["Namespace"], "Dimensions": directive["Dimensions"], "Metrics": metrics,
		}
		all = append(all, document)
	}
	return all
}

// TestFormat: an invocation writes one line for the function and one for each projection, with exactly the measured
// values.
func TestFormat(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	m := telemetry.New(&out, "Shop", "f")
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { m.Signal(es.StateCacheHit) })
	}
	wg.Wait()
	m.Signal(es.Conflicted)
	m.Observe(projection.Observation{Projection: "p", Versions: 3, Lag: 2 * time.Second})
	m.Observe(projection.Observation{Projection: "p", Versions: 7, Lag: 1500 * time.Millisecond})
	m.Observe(projection.Observation{Projection: "q", Parked: true})
	m.Observe(projection.Observation{Projection: "r", Away: true, Lag: time.Minute})
	m.Observe(projection.Observation{Projection: "r", Away: true, Lag: 75 * time.Second})
	m.Reconciled(projection.ReconciledPart{Reconciled: projection.Reconciled{Streams: 9}, Ended: true})
	m.Reconciled(projection.ReconciledPart{Reconciled: projection.Reconciled{Streams: 9, Healed: 3}})
	m.Flush()
	directive := func(dimension string, metrics map[string]any) map[string]any {
		return map[string]any{"Namespace": "Shop", "Dimensions": []any{[]any{dimension}}, "Metrics": metrics}
	}
	want := []map[string]any{
		{
			"_aws": directive("Function", map[string]any{
				"StateCacheHits": "Count", "Conflicts": "Count", "ProjectionLag": "Seconds", "ProjectionLagVersions": "Count",
				"ParkedStreams":      "Count",
				"StoreAway":          "Seconds",
				"ReconciledSegments": "Count", "HealedCheckpoints": "Count",
			}),
			"Function": "f", "StateCacheHits": 10.0, "Conflicts": 1.0, "ProjectionLag": 2.0, "ProjectionLagVersions": 7.0,
			"ParkedStreams":      1.0,
			"StoreAway":          75.0,
			"ReconciledSegments": 1.0, "HealedCheckpoints": 3.0,
		},
		{
			"_aws":       directive("Projection", map[string]any{"ProjectionLag": "Seconds", "ProjectionLagVersions": "Count"}),
			"Projection": "p", "ProjectionLag": 2.0, "ProjectionLagVersions": 7.0,
		},
		{"_aws": directive("Projection", map[string]any{"ParkedStreams": "Count"}), "Projection": "q", "ParkedStreams": 1.0},
		{"_aws": directive("Projection", map[string]any{"StoreAway": "Seconds"}), "Projection": "r", "StoreAway": 75.0},
	}
	if diff := cmp.Diff(want, lines(t, out.String())); diff != "" {
		t.Errorf("metrics lines (-want +got):\n%s", diff)
	}
	out.Reset()
	m.Flush()
	if out.Len() > 0 {
		t.Errorf("invocation without measurements wrote %s, want nothing", out.String())
	}
}

// TestEverySignalIsAMetric: each signal of package es has a metric.
func TestEverySignalIsAMetric(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	m := telemetry.New(&out, "Shop", "f")
	for s := es.Conflicted; s <= es.SnapshotUnused; s++ {
		m.Signal(s)
	}
	m.Flush()
	got := lines(t, out.String())[0]["_aws"].(map[string]any)["Metrics"].(map[string]any)
	if len(got) != int(es.SnapshotUnused)+1 || got[""] != nil {
		t.Errorf("metrics of signals: %v, want one for each signal and none without a name", got)
	}
}

type handler func(context.Context, []byte) ([]byte, error)

func (h handler) Invoke(ctx context.Context, in []byte) ([]byte, error) { return h(ctx, in) }

// TestFlushed: the values are written even if the invocation fails or panics, and its result is unchanged.
func TestFlushed(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	m := telemetry.New(&out, "Shop", "f")
	boom := errors.New("boom")
	h := m.Flushed(handler(func(_ context.Context, in []byte) ([]byte, error) {
		m.Add(telemetry.Accepted, 1)
		if string(in) == "panic" {
			panic(boom)
		}
		return in, boom
	}))
	if answer, err := h.Invoke(t.Context(), []byte("x")); string(answer) != "x" || !errors.Is(err, boom) {
		t.Errorf("invoke a function that fails: %s, %v, want its answer and its error", answer, err)
	}
	func() {
		defer func() {
			if thrown := recover(); thrown != boom { //nolint:errorlint // the very value
				t.Errorf("recovered %v, want the panic of the function", thrown)
			}
		}()
		_, _ = h.Invoke(t.Context(), []byte("panic"))
	}()
	if got := lines(t, out.String()); len(got) != 2 {
		t.Errorf("metrics lines: %v, want 2", got)
	}
}

// TestOff: without a namespace nothing is measured, and the handler is unchanged.
func TestOff(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	m := telemetry.New(&out, "", "f")
	m.Signal(es.StateCacheHit)
	m.Observe(projection.Observation{Projection: "p", Versions: 1})
	m.Flush()
	if _, wrapped := m.Flushed(handler(nil)).(handler); !wrapped || m != nil || out.Len() > 0 {
		t.Errorf("meter without metrics: %v, wrote %q; want nil and nothing", m, out.String())
	}
}

// TestReference keeps the reference of the metrics equal to the code.
func TestReference(t *testing.T) {
	t.Parallel()
	table := measured.Table{{"metric", "unit", "dimension", "of an invocation", "what it means", "from"}}
	for _, m := range telemetry.Metrics {
		value := "sum"
		if m.Largest {
			value = "largest"
		}
		table = append(table, []string{"`" + m.Name + "`", string(m.Unit), m.Dimension, value, m.About, m.From})
	}
	measured.Compare(t, "../../docs/metrics.md", table)
}

func BenchmarkInvocation(b *testing.B) {
	m := telemetry.New(discard{}, "Shop", "Shop-CommandFunction-ABCDEFGHIJKL")
	b.ReportAllocs()
	for b.Loop() {
		m.Signal(es.StateCacheHit)
		m.Add(telemetry.Accepted, 1)
		m.Flush()
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
