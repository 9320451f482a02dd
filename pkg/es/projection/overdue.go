package projection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// A shard delivers one batch after the other, so a stream that keeps failing must not hold up the records behind it.

const (
	// patience is the age of a commit up to which its failing stream makes the batch fail, so that it is delivered
	// again. After that the stream is left to the queue.
	patience = 10 * time.Second
	// suspicion is the age from which a commit that is delivered alone is suspect. Such a batch was halved down to one
	// record because larger batches ended the process or ran out of time: this commit may be the cause.
	suspicion = 5 * time.Minute
	// persistence is for how long a stream that was left to the queue because it failed is retried, however many
	// attempts that takes. After that the queue counts the attempts and moves the job to its dead letters.
	persistence = 6 * time.Hour
)

// suspicious reports whether a batch may end the process.
func (e *Engine) suspicious(commits []es.Commit) bool {
	return len(commits) == 1 && e.cfg.Now().Sub(commits[0].At) > suspicion
}

// isOverdue reports whether a stream has failed for so long that it is left to the queue.
func (b *batch) isOverdue(stream es.StreamID) bool {
	delivered := b.delivered[stream]
	return b.delivery && b.cfg.Queue != nil && len(delivered) > 0 && b.cfg.Now().Sub(delivered[0].At) > patience
}

// leaveOverdue leaves streams to the queue that have failed for a while. It stores no mark in the checkpoint: the read
// table may be what fails. Streams that the queue does not take fail, so their commits are delivered again.
func (b *batch) leaveOverdue(ctx context.Context) {
	if len(b.overdue) == 0 {
		return
	}
	now := b.cfg.Now().UTC()
	jobs := make([]Job, 0, len(b.overdue))
	for at := range b.overdue {
		jobs = append(jobs, Job{
			Task: CatchUp, Projection: at.projection, Stream: at.stream, Suspect: b.suspect, FailedSince: now,
		})
	}
	failed := b.leave(ctx, later, jobs...)
	for at, err := range b.overdue {
		b.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a stream failed and is left to the queue",
			slog.String("projection", at.projection), slog.String("stream", at.stream.String()),
			slog.String("error", err.Error()))
		if failed != nil && b.failed[at.stream] == nil {
			b.failed[at.stream] = errors.Join(err, failed)
		}
	}
}

// again enqueues a failed job again if it is one that is retried for hours. The delay grows with the time since it
// first failed. For other jobs it returns the error.
func (e *Engine) again(ctx context.Context, j Job, err error) error {
	since := e.cfg.Now().Sub(j.FailedSince)
	if err == nil || j.FailedSince.IsZero() || since > persistence {
		return err
	}
	e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a stream left to the queue failed again",
		slog.String("projection", j.Projection), slog.String("stream", j.Stream.String()), slog.String("error", err.Error()))
	return e.leave(ctx, min(max(since, later), latest), j)
}
