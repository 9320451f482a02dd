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

// NamespaceEnv is the environment variable with the CloudWatch namespace of the metrics. If it is not set, nothing is
// measured.
const NamespaceEnv = "METRICS_NAMESPACE"

// Meter collects the metrics of a process. A nil Meter measures nothing.
type Meter struct {
	out                 io.Writer
	namespace, function string
	now                 func() time.Time

	mu     sync.Mutex
	values map[string]values // by projection, "" = the function
}

// values maps metrics to their values since the last line.
type values map[*Metric]float64

// New returns a meter that writes the metrics of a function to out. It returns nil, which measures nothing, if
// namespace is empty.
func New(out io.Writer, namespace, function string) *Meter {
	if namespace == "" {
		return nil
	}
	return &Meter{out: out, namespace: namespace, function: function, now: time.Now, values: map[string]values{}}
}

// Add adds a value to a metric of the function.
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
	es.Conflicted: Conflicts, es.DecidedAgain: Retries, es.Repeated: Repeated, es.StateCacheHit: StateCacheHits,
	es.StateCacheMiss: StateCacheMisses,
	es.SnapshotHit:    SnapshotHits, es.SnapshotMiss: SnapshotMisses, es.SnapshotUnused: SnapshotReplays,
}

// Signal counts an event of the executor, such as a conflict or a cache hit. See [es.ExecutorConfig].
func (m *Meter) Signal(s es.Signal) { m.Add(signals[s], 1) }

// Observe measures the lag, the parked streams and the outages of a projection. See [projection.Config].
func (m *Meter) Observe(o projection.Observation) {
	for _, of := range []string{o.Projection, ""} { // "": all projections of the function together, for alarms
		switch {
		case o.Parked:
			m.add(of, ParkedStreams, 1)
		case o.Away:
			m.add(of, StoreAway, o.Lag.Seconds())
		default:
			m.add(of, ProjectionLag, o.Lag.Seconds())
			m.add(of, ProjectionLagVersions, float64(o.Versions))
		}
	}
}

// Reconciled counts what one job of a reconciliation did. See [projection.ReconcileConfig].
func (m *Meter) Reconciled(found projection.ReconciledPart) {
	if found.Ended {
		m.Add(ReconciledSegments, 1)
	}
	if found.Healed > 0 {
		m.Add(HealedCheckpoints, float64(found.Healed))
	}
}

// ClockOff measures how far a process's clock is off from DynamoDB's. ahead is negative for a slow clock.
func (m *Meter) ClockOff(ahead time.Duration) { m.Add(ClockOffset, ahead.Abs().Seconds()) }

// Flush writes the values that were added since the last Flush. It writes nothing if there are none.
func (m *Meter) Flush() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, of := range slices.Sorted(maps.Keys(m.values)) {
		_, _ = m.out.Write(m.line(of, m.values[of])) // an error of standard output can't be reported anywhere
	}
	clear(m.values)
}

// line returns one line in the embedded metric format:
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
		return nil // a value is NaN or infinite
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
