package annalslambda

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/internal/tracing"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Subscriber applies events to projections, which are read models or reactions. It receives batches of the event
// table's stream and jobs of a queue. [Deployment.Projector] and [Deployment.Reactor] make one.
type Subscriber struct {
	engine    *projection.Engine
	rebuilder *projection.Rebuilder
	// snapshots are the aggregates with snapshots, by the type of their streams. If nil, no snapshots are written.
	snapshots map[string]annals.Snapshotter
	// queue has the subscriber's jobs. batches reads a batch of the stream that Lambda gave up. Both may be nil: such
	// batches are then not redriven.
	queue   projection.Queue
	batches func(ctx context.Context, bucket, key string) ([]byte, error)
	// failures stores the records that can't be read. If nil, they fail their batch.
	failures Bucket
	// decrypt decrypts the personal data of a batch.
	decrypt func(ctx context.Context, commits []es.Commit) error
	// timers are the timers by their names, and later sends their messages.
	timers map[string]*reaction.Timer
	later  Later
	now    func() time.Time
	// recurs does recurring work.
	recurs func(ctx context.Context, name string, scheduled time.Time) error
	// asked are the tasks of operators' tools.
	asked tasks
	log   *slog.Logger
	meter *telemetry.Meter
}

// Projector returns the subscriber that maintains the read models and writes snapshots. It needs
// [annalsaws.ProjectorTables].
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
		decrypt: o.decrypt,
	}
	p.asked = p.tasks(o.store)
	p.asked[ask.Rollback], p.asked[ask.Abandon] = p.rollBack, p.abandon
	p.asked = p.asked.on(d.Tables.Of(annalsaws.Events))
	return p, nil
}

// Start checks, before the first batch, that this code has the fold of each serving generation.
//
// Errors: [projection.UnknownFoldError], after which the process must handle no batch. Any other error is logged: every
// batch checks again.
func (p *Subscriber) Start(ctx context.Context) error {
	err := p.engine.Start(ctx)
	var unknown *projection.UnknownFoldError
	if err == nil || errors.As(err, &unknown) {
		return err
	}
	p.log.LogAttrs(ctx, slog.LevelWarn, "a check at start failed and is repeated later",
		slog.String("error", annalshttp.Describe(err)))
	return nil
}

// Handle applies a batch. It reports the first record of each stream that failed. Lambda delivers the batch again from
// the lowest of them; records that were applied already are then skipped. A record that can't be read is set aside.
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
			// Commits never change: this is tampering. There is nothing to project.
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
	if err := p.decrypt(ctx, commits); err != nil { // the events that need these keys fail, and no others
		p.log.LogAttrs(ctx, slog.LevelWarn, "personal data can't be decrypted", slog.String("error", err.Error()))
	}
	for stream, err := range p.engine.Apply(ctx, commits) {
		p.log.LogAttrs(ctx, levelOf(err), "a stream can't be projected",
			slog.String("stream", stream.String()), slog.String("error", annalshttp.Describe(err)))
		failed = append(failed, first[stream])
	}
	p.snapshot(ctx, commits)
	slices.SortFunc(failed, compare)
	return response(failed), nil
}

// levelOf is the log level of a stream that failed. Its commits are delivered again. It is a warning if another process
// wrote first.
func levelOf(err error) slog.Level {
	if errors.Is(err, projection.ErrStale) || errors.Is(err, projection.ErrContended) ||
		errors.As(err, new(*es.ConflictError)) {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// correlations returns the distinct correlation ids of commits.
func correlations(commits []es.Commit) []string {
	ids := make([]string, 0, len(commits))
	for i := range commits {
		ids = append(ids, commits[i].Meta.CorrelationID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// snapshot writes the snapshots that are due. A missing snapshot only makes its aggregate slower to load, so an error
// is logged and does not fail the batch.
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

// response names the records that failed by their sequence numbers. Its list is empty, not null, if none failed.
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
	case !okX: // a text that is no number comes first: Lambda then delivers the whole batch again
		return -1
	case !okY:
		return 1
	}
	return x.Cmp(y)
}
