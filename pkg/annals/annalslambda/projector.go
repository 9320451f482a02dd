package annalslambda

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"slices"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
)

// Subscriber brings projections, which are read models or reactions, forward with batches of the event table's stream,
// and with jobs of their queue: [Deployment.Projector], [Deployment.Reactor].
type Subscriber struct {
	engine    *projection.Engine
	rebuilder *projection.Rebuilder
	// snapshots are the aggregates with snapshots, by the type of their streams. Nil: it makes none.
	snapshots map[string]annals.Snapshotter
	// queue is its own, and batches reads what was given up of its stream. nil = there is none.
	queue   projection.Queue
	batches func(ctx context.Context, bucket, key string) ([]byte, error)
	// failures takes the records that can't be read. nil = they fail their batch.
	failures Bucket
	// asked are what operators' tools may ask for.
	asked tasks
	log   *slog.Logger
	meter *telemetry.Meter
}

// Projector returns what takes batches of the event table's stream. It needs [annalsaws.ProjectorTables].
//
// Errors: those of [annals.Service.Open].
func (d Deployment) Projector() (*Subscriber, error) {
	o, err := d.openReadModels()
	if err != nil {
		return nil, err
	}
	engine := projection.NewEngine(o.store, o.catalog, d.starting(d.engine(d.CatchUps)), o.Subscriptions...)
	p := &Subscriber{
		engine: engine,
		rebuilder: projection.NewRebuilder(engine, o.store, projection.RebuildConfig{
			Log: d.Log, Reconcile: projection.ReconcileConfig{Observe: d.Meter.Reconciled},
		}),
		snapshots: d.Service.Snapshotters(o.Stores, es.ExecutorConfig{Log: d.Log, Count: d.Meter.Signal}),
		queue:     d.CatchUps, batches: d.GivenUp, failures: d.ProjectorFailures, log: d.Log, meter: d.Meter,
	}
	p.asked = p.tasks(o.store)
	p.asked[ask.Rollback], p.asked[ask.Abandon] = p.rollBack, p.abandon
	return p, nil
}

// Start does what is to be done before the first batch.
//
// Errors: [projection.UnknownFoldError], with which the process must not go on. Anything else is logged: every batch
// looks again at what it needs.
func (p *Subscriber) Start(ctx context.Context) error {
	err := p.engine.Start(ctx)
	var unknown *projection.UnknownFoldError
	if err == nil || errors.As(err, &unknown) {
		return err
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "start", slog.String("error", annalshttp.Describe(err)))
	return nil
}

// Handle applies a batch. It reports the first record of each stream that failed: Lambda delivers the batch again from
// the lowest of them, and what was done already is skipped then. A record that can't be read is set aside.
func (p *Subscriber) Handle(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	var (
		commits []es.Commit
		first   = map[es.StreamID]string{} // the lowest sequence number of each stream
		failed  []string
	)
	p.countTampering(&batch)
	for i := range batch.Records {
		record := &batch.Records[i]
		if record.EventName != string(events.DynamoDBOperationTypeInsert) {
			// Commits never change: this is tampering, and nothing to project.
			p.log.LogAttrs(ctx, slog.LevelError, "a stored commit was changed or removed",
				slog.String("operation", record.EventName), slog.String("commit", name(record.Change.Keys)))
			continue
		}
		number := record.Change.SequenceNumber
		commit, err := dynamostore.Decode(item(record.Change.NewImage))
		if err != nil {
			if !p.unreadable(ctx, record) {
				failed = append(failed, number)
			}
			continue
		}
		commits = append(commits, commit)
		if low, there := first[commit.Stream]; !there || compare(number, low) < 0 {
			first[commit.Stream] = number
		}
	}
	tracing.Correlate(ctx, correlations(commits)...)
	for stream, err := range p.engine.Apply(ctx, commits) {
		p.log.LogAttrs(ctx, levelOf(err), "a stream can't be projected",
			slog.String("stream", stream.String()), slog.String("error", annalshttp.Describe(err)))
		failed = append(failed, first[stream])
	}
	p.snapshot(ctx, commits)
	slices.SortFunc(failed, compare)
	return response(failed), nil
}

// levelOf is how serious it is that a stream failed, whose commits are delivered again: another process that was faster
// is no error.
func levelOf(err error) slog.Level {
	if errors.Is(err, projection.ErrStale) || errors.Is(err, projection.ErrContended) ||
		errors.As(err, new(*es.ConflictError)) {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// correlations are the correlation ids of commits, each once.
func correlations(commits []es.Commit) []string {
	ids := make([]string, 0, len(commits))
	for i := range commits {
		ids = append(ids, commits[i].Meta.CorrelationID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// snapshot writes the snapshots that are due. One that can't be written costs time when its aggregate is loaded,
// nothing else.
func (p *Subscriber) snapshot(ctx context.Context, commits []es.Commit) {
	for i := range commits {
		aggregate, has := p.snapshots[commits[i].Stream.Type]
		if !has || !aggregate.SnapshotDue(&commits[i]) {
			continue
		}
		if err := aggregate.Snapshot(ctx, commits[i].Stream); err != nil {
			p.log.LogAttrs(ctx, slog.LevelWarn, "no snapshot was written",
				slog.String("stream", commits[i].Stream.String()), slog.String("error", annalshttp.Describe(err)))
		}
	}
}

// response names the records that failed, by sequence number. None failed = an empty list.
func response(failed []string) events.DynamoDBEventResponse {
	r := events.DynamoDBEventResponse{BatchItemFailures: make([]events.DynamoDBBatchItemFailure, len(failed))}
	for i, number := range failed {
		r.BatchItemFailures[i].ItemIdentifier = number
	}
	return r
}

// compare orders sequence numbers. They have up to 40 digits.
func compare(a, b string) int {
	x, okX := new(big.Int).SetString(a, 10)
	y, okY := new(big.Int).SetString(b, 10)
	switch {
	case !okX && !okY:
		return 0
	case !okX: // what is no number comes first: Lambda then takes the whole batch as failed
		return -1
	case !okY:
		return 1
	}
	return x.Cmp(y)
}
