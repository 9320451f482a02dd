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
	// CatchUp brings a stream level with the event store.
	CatchUp Task = "catch-up"
	// Reconcile compares the checkpoints of the streams in one segment with the streams, and brings level what is behind; or
	// leaves that to a job a segment.
	Reconcile Task = "reconcile"
	// FoldAgain folds a stream again from its first event: see [Engine.Refold].
	FoldAgain Task = "fold-again"
)

// Job is work that is done later, by whoever takes it off the queue. Every job may be done twice.
type Job struct {
	Task Task `json:"task"`
	// Projection is the projection's name. If it is empty, CatchUp and FoldAgain are for all that read the stream.
	Projection string `json:"projection,omitempty"`
	// Stream is the stream to bring level, or to fold again. For CatchUp, Retry says to try it even where it is parked.
	Stream es.StreamID `json:"stream,omitzero"`
	Retry  bool        `json:"retry,omitempty"`
	// Suspect says that whoever tried before may have ended over it. It is then tried with care: see [Crashed].
	Suspect bool `json:"suspect,omitempty"`
	// FailedSince is when the stream was left to the queue because it failed. It is then tried again for hours, not a number of
	// times. Zero = the queue counts the attempts.
	FailedSince time.Time `json:"failedSince,omitzero"`
	// Of is how many segments there are, Segment which one of them it is, and Position where to go on in it, for Reconcile. Of 0 = it
	// is not divided yet.
	Of       int         `json:"of,omitempty"`
	Segment  int         `json:"segment,omitempty"`
	Position es.Position `json:"position,omitempty"`
}

// projections are the names of those that the job is for: none, if it is for all.
func (j *Job) projections() []string {
	if j.Projection == "" {
		return nil
	}
	return []string{j.Projection}
}

// Queue takes jobs, each to be done at least once, not before a time has passed.
type Queue interface {
	// Enqueue takes jobs. After an error it may have taken some of them.
	//
	// Errors: the queue's own. The engine then fails what it wanted to leave to the queue.
	Enqueue(ctx context.Context, delay time.Duration, jobs ...Job) error
}
