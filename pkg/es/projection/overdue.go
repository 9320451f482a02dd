package projection

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// One batch after the other comes from a shard, so a stream that can't be brought forward must not hold up those
// behind it.

const (
	// patience is how old a commit may become while its stream fails and its batch is delivered again. After that the
	// stream is left to the queue.
	patience = 10 * time.Second
	// suspicion is how old a commit is that is delivered alone because its batches were halved: they ended the process,
	// or ran out of time, and so may this one.
	suspicion = 5 * time.Minute
	// persistence is for how long a stream that was left to the queue since it failed is tried again, however often. After
	// that the queue counts the attempts, and sets the job among its dead letters.
	persistence = 6 * time.Hour
)

// suspicious tells whether a batch may end the process.
func (e *Engine) suspicious(commits []es.Commit) bool {
	return len(commits) == 1 && e.cfg.Now().Sub(commits[0].At) > suspicion
}

// isOverdue tells whether a stream has failed for so long that it is left to the queue.
func (b *batch) isOverdue(stream es.StreamID) bool {
	delivered := b.delivered[stream]
	return b.delivery && b.cfg.Queue != nil && len(delivered) > 0 && b.cfg.Now().Sub(delivered[0].At) > patience
}

// leaveOverdue leaves streams to the queue that have failed for long. No mark tells of it: where it would have to be
// written may be what fails. What can't be left to the queue is delivered again.
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
		b.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a stream that can't be brought forward is left to the queue",
			slog.String("projection", at.projection), slog.String("stream", at.stream.String()),
			slog.String("error", err.Error()))
		if failed != nil && b.failed[at.stream] == nil {
			b.failed[at.stream] = errors.Join(err, failed)
		}
	}
}

// again leaves a job that failed to the queue once more, if it is one of those that are tried for hours, the later the
// longer it has failed. Otherwise its error stands.
func (e *Engine) again(ctx context.Context, j Job, err error) error {
	since := e.cfg.Now().Sub(j.FailedSince)
	if err == nil || j.FailedSince.IsZero() || since > persistence {
		return err
	}
	e.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "a stream still can't be brought forward",
		slog.String("projection", j.Projection), slog.String("stream", j.Stream.String()), slog.String("error", err.Error()))
	return e.leave(ctx, min(max(since, later), latest), j)
}
