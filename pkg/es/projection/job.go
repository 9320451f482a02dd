package projection

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// Task is what a job asks for.
type Task string

// The tasks.
const (
	// CatchUp brings a stream up to date with the event store.
	CatchUp Task = "catch-up"
	// Reconcile compares the checkpoints of the streams in one segment with the streams, and catches up those that are
	// behind. A job that is not divided yet enqueues one job for each segment instead.
	Reconcile Task = "reconcile"
	// FoldAgain folds a stream again from its first event: see [Engine.Refold].
	FoldAgain Task = "fold-again"
	// Recover ends an [Outage] once the store answers again: see [Rebuilder.Recover]. Until then it comes again.
	Recover Task = "recover"
)

// Job is work that is done later, by the process that takes it from the queue. Every job may run twice.
type Job struct {
	Task Task `json:"task"`
	// Projection is the projection's name. If it is empty, CatchUp and FoldAgain are for all that read the stream, and
	// Reconcile is for all.
	Projection string `json:"projection,omitempty"`
	// Stream is the stream to catch up, or to fold again. Retry makes CatchUp try the stream even if it is parked.
	Stream es.StreamID `json:"stream,omitzero"`
	Retry  bool        `json:"retry,omitempty"`
	// Suspect means that an earlier attempt may have ended its process. The stream is then parked before it is tried:
	// see [Crashed].
	Suspect bool `json:"suspect,omitempty"`
	// FailedSince is when the stream was left to the queue because it failed. Such a job is retried for hours, however
	// many attempts that takes. Zero = the queue counts the attempts. For Recover, it is the Since of the outage.
	FailedSince time.Time `json:"failedSince,omitzero"`
	// Of, Segment and Position are for Reconcile: the number of segments, the one to compare, and where to continue in
	// it. Of 0 = not divided into segments yet.
	Of       int         `json:"of,omitempty"`
	Segment  int         `json:"segment,omitempty"`
	Position es.Position `json:"position,omitempty"`
	// Recovers makes Reconcile find everything that batches left out during an outage: also in streams that just
	// changed, and in generations that are being built.
	Recovers bool `json:"recovers,omitempty"`
}

// projections are the names of the projections that the job is for: none, if it is for all.
func (j *Job) projections() []string {
	if j.Projection == "" {
		return nil
	}
	return []string{j.Projection}
}

// Queue takes jobs. Each is to be done at least once, not before a delay has passed.
type Queue interface {
	// Enqueue takes jobs. After an error it may have taken some of them.
	//
	// Errors: the queue's own. The engine then fails the streams that it wanted to leave to the queue.
	Enqueue(ctx context.Context, delay time.Duration, jobs ...Job) error
}
