package projection

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/annals-es/annals/pkg/es"
)

// park parks the stream before an event.
func (w *way) park(ctx context.Context, version int64, why Reason, cause error) error {
	err := w.mayPark(ctx, Parked{
		Reason: why, Error: cause.Error(), Version: version, At: w.cfg.Now().UTC(), Code: w.cfg.CodeVersion(),
	})
	if err != nil {
		return err
	}
	w.log(ctx, slog.LevelError, "a stream is parked", version, why)
	return errParked
}

// mayPark stores the reason why the stream is parked. That raises the stream's epoch.
func (w *way) mayPark(ctx context.Context, p Parked) error {
	w.forget(w.t.place(w.stream))
	if err := w.t.sub.View.Park(ctx, w.t.Generation, w.stream, w.at, p); err != nil {
		return fmt.Errorf("park @%d: %w", w.at.Version, err)
	}
	w.at = w.at.Raised(w.at.Version + 1)
	w.at.Parked = &p
	return nil
}

// claim begins another attempt at a parked stream, in a new epoch. Rows that an earlier attempt appended, by another
// version of the code or by a halted process, do not count then.
func (w *way) claim(ctx context.Context) error {
	if w.at.Parked == nil || !w.t.fold.appends() {
		return nil
	}
	return w.mayPark(ctx, *w.at.Parked)
}

func (w *way) log(ctx context.Context, level slog.Level, what string, version int64, why Reason) {
	w.cfg.Log.LogAttrs(ctx, level, what,
		slog.String("projection", w.t.sub.name()), slog.Int("generation", int(w.t.Generation)),
		slog.String("stream", w.stream.String()), slog.Int64("version", version), slog.String("reason", string(why)))
}

// setAside parks the stream before an event that the reaction can't handle now, and enqueues a retry. The delay is the
// age of the event, within bounds, and short after conflicts, which other writers cause. The job is enqueued first, so
// that every stream that is set aside has one.
func (w *way) setAside(ctx context.Context, s step, cause error) error {
	least := later
	if errors.As(cause, new(*es.ConflictError)) {
		least = soon
	}
	delay := min(max(w.cfg.Now().Sub(s.commit.At), least), latest)
	cause = w.confidential(s.commit, cause)
	err := w.leave(ctx, delay, Job{Task: CatchUp, Projection: w.t.sub.name(), Stream: w.stream, Retry: true})
	if err != nil {
		return fmt.Errorf("@%d: %w; and it could not be left to the queue: %w", s.version(), cause, err)
	}
	return w.park(ctx, s.version(), Unavailable, cause)
}

// confidential returns the error that is kept with a parked stream. The text of an error about personal data may cite
// it, and would stay when the person is forgotten, so only the error's type is kept.
func (w *way) confidential(c *es.Commit, err error) error { return confidential(w.t, c, err) }

func confidential(t *target, c *es.Commit, err error) error {
	if !c.Decrypted() && !t.fold.personal(c.Stream.Type) || reason(err) == NeedsNewerCode {
		return err
	}
	return fmt.Errorf("%T: the text is not kept, because it may cite personal data", innermost(err))
}

// innermost returns the first cause of an error.
func innermost(err error) error {
	for {
		cause := errors.Unwrap(err)
		if cause == nil {
			return err
		}
		err = cause
	}
}

// seen records the highest delivered version of a parked stream.
func (w *way) seen(ctx context.Context, delivered []*es.Commit) error {
	w.observeParked(w.t)
	if len(delivered) == 0 {
		return nil
	}
	last := delivered[len(delivered)-1].LastVersion()
	if err := w.t.sub.View.Seen(ctx, w.t.Generation, w.stream, last); err != nil {
		return fmt.Errorf("record a delivery to the parked stream: %w", err)
	}
	return nil
}

func reason(err error) Reason {
	switch {
	case errors.As(err, new(*es.UnknownEventError)), errors.As(err, new(*es.SealedError)):
		return NeedsNewerCode
	case errors.Is(err, ErrTooLarge):
		return TooLarge
	}
	return Failed
}
