package telemetry

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// NamespaceEnv is the variable that names CloudWatch's namespace of the metrics. Without it nothing is measured.
const NamespaceEnv = "METRICS_NAMESPACE"

// Meter collects what a process measures. A nil one measures nothing.
type Meter struct {
	out                 io.Writer
	namespace, function string
	now                 func() time.Time

	mu     sync.Mutex
	values map[string]values // by projection, "" = the function
}

// values are what was measured since the last line, by metric.
type values map[*Metric]float64

// New returns a meter that writes the metrics of a function to out. It is nil, and measures nothing, where there is no namespace.
func New(out io.Writer, namespace, function string) *Meter {
	if namespace == "" {
		return nil
	}
	return &Meter{out: out, namespace: namespace, function: function, now: time.Now, values: map[string]values{}}
}

// Add measures something of the function.
func (m *Meter) Add(metric *Metric, value float64) { m.add("", metric, value) }

func (m *Meter) add(of string, metric *Metric, value float64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	into := m.values[of]
	if into == nil {
		into = values{}
		m.values[of] = into
	}
	if metric.Largest {
		into[metric] = max(into[metric], value)
	} else {
		into[metric] += value
	}
}

var signals = map[es.Signal]*Metric{
	es.Conflicted: Conflicts, es.DecidedAgain: Retries, es.Repeated: Repeated, es.StateCacheHit: StateCacheHits, es.StateCacheMiss: StateCacheMisses,
	es.SnapshotHit: SnapshotHits, es.SnapshotMiss: SnapshotMisses, es.SnapshotUnused: SnapshotReplays,
}

// Signal counts what happened on the way of a decision. See [es.ExecutorConfig].
func (m *Meter) Signal(s es.Signal) { m.Add(signals[s], 1) }

// Observe measures how a projection is doing. See [projection.Config].
func (m *Meter) Observe(o projection.Observation) {
	for _, of := range []string{o.Projection, ""} { // and all of the function's together, for alarms
		if o.Parked {
			m.add(of, ParkedStreams, 1)
			continue
		}
		m.add(of, ProjectionLag, o.Lag.Seconds())
		m.add(of, ProjectionLagVersions, float64(o.Versions))
	}
}

// Reconciled counts what a job of a reconciliation found. See [projection.ReconcileConfig].
func (m *Meter) Reconciled(found projection.ReconciledPart) {
	if found.Ended {
		m.Add(ReconciledSegments, 1)
	}
	if found.Healed > 0 {
		m.Add(HealedCheckpoints, float64(found.Healed))
	}
}

// ClockOff measures by how much a process's clock is ahead.
func (m *Meter) ClockOff(ahead time.Duration) { m.Add(ClockOffset, ahead.Abs().Seconds()) }

// Flush writes what was measured since the last time, and nothing where nothing was.
func (m *Meter) Flush() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, of := range slices.Sorted(maps.Keys(m.values)) {
		_, _ = m.out.Write(m.line(of, m.values[of])) // what can't be written has nobody to be told
	}
	clear(m.values)
}

// line is one line in the embedded metric format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (m *Meter) line(of string, measured values) []byte {
	dimension, name := Function, m.function
	if of != "" {
		dimension, name = Projection, of
	}
	document := map[string]any{dimension: name}
	directive := directive{Namespace: m.namespace, Dimensions: [][]string{{dimension}}}
	for metric, value := range measured {
		document[metric.Name] = value
		directive.Metrics = append(directive.Metrics, definition{metric.Name, metric.Unit})
	}
	document["_aws"] = metadata{m.now().UnixMilli(), []any{directive}}
	text, err := json.Marshal(document)
	if err != nil {
		return nil // a value that is no number
	}
	return append(text, '\n')
}

type metadata struct {
	Timestamp         int64
	CloudWatchMetrics []any
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type definition struct {
	Name string
	Unit Unit
}
