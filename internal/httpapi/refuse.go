package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// refuse returns the problem that an error of an operation is answered with, and logs what is our fault.
func (a *API) refuse(ctx context.Context, err error) *Problem {
	p := a.problem(err).of(ctx)
	switch {
	case p.Status == http.StatusServiceUnavailable:
		a.Log(ctx, slog.LevelWarn, "unavailable", err)
	case p.Status >= http.StatusInternalServerError:
		a.Log(ctx, slog.LevelError, "request failed", err)
	}
	return p
}

// problem is the one table from errors to answers, but for those that only the service knows.
func (a *API) problem(err error) *Problem {
	var (
		known     *Problem
		violation *refusal.Violation
		notFound  *es.NotFoundError
		noVersion *es.VersionNotFoundError
		exists    *es.AlreadyExistsError
		mismatch  *es.VersionMismatchError
		reused    *es.CommandReusedError
		unknown   *es.UnknownOutcomeError
		conflict  *es.ConflictError
		limit     *es.LimitError
		notFilled *projection.NotFilledError
	)
	if errors.As(err, &known) {
		return known
	}
	if a.service.Refused != nil {
		if p := a.service.Refused(err); p != nil {
			return p
		}
	}
	switch {
	case errors.As(err, &violation):
		return NewProblem(http.StatusUnprocessableEntity, string(violation.Code), violation.Detail)
	case errors.As(err, &notFound):
		return NewProblem(http.StatusNotFound, "not-found", a.told(notFound.Stream, notFound.Error(), "there is none"))
	case errors.As(err, &noVersion):
		return NewProblem(http.StatusNotFound, "version-not-found",
			a.told(noVersion.Stream, noVersion.Error(), "it has not come to that version"))
	case errors.As(err, &exists):
		return NewProblem(http.StatusConflict, "already-exists", a.told(exists.Stream, exists.Error(), "it exists already"))
	case errors.As(err, &mismatch):
		return NewProblem(http.StatusPreconditionFailed, "version-mismatch",
			a.told(mismatch.Stream, mismatch.Error(), "it is not at the version that was demanded"))
	case errors.As(err, &reused):
		return NewProblem(http.StatusUnprocessableEntity, "idempotency-key-reused",
			a.told(reused.Stream, reused.Error(), "the command id was used for another command"))
	case errors.As(err, &limit):
		return NewProblem(http.StatusRequestEntityTooLarge, "too-large",
			a.told(limit.Stream, limit.Error(), fmt.Sprintf("%d %s, the limit is %d", limit.Size, limit.What, limit.Limit)))
	case errors.Is(err, es.ErrOccurredInFuture):
		return invalidField("header."+occurredAtHeader, "must not be in the future")
	case errors.Is(err, projection.ErrCursor):
		return invalidField("query.cursor", projection.ErrCursor.Error())
	case errors.As(err, &notFilled):
		p := later("not-filled", notFilled.Projection+" is new, and is being filled with what happened before: repeat the request")
		p.retryAfter = retryLate
		return p
	case errors.As(err, &unknown):
		return later("outcome-unknown", "it is not known whether the command was done: repeat it with the same Idempotency-Key")
	case errors.As(err, &conflict):
		return NewProblem(http.StatusConflict, "conflict",
			a.told(conflict.Stream, conflict.Stream.String(), "what the command needs")+" kept changing meanwhile; nothing was stored")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), a.cfg.Unavailable(err):
		return later("unavailable", "the service can't answer now: repeat the request")
	}
	return internal()
}

// later is the problem of what may succeed if it is sent again.
func later(code, detail string) *Problem {
	p := NewProblem(http.StatusServiceUnavailable, code, detail)
	p.retryAfter = 1
	return p
}

// Log logs an error under the correlation id of the request.
func (a *API) Log(ctx context.Context, level slog.Level, message string, err error) {
	a.cfg.Log.LogAttrs(ctx, level, message, slog.String("correlationId", correlationID(ctx)), slog.String("error", Describe(err)))
}

// Describe is what may be logged of an error: nothing that comes from a payload, which the cause of a corrupt commit may cite.
func Describe(err error) string {
	var corrupt *es.CorruptError
	if errors.As(err, &corrupt) {
		return fmt.Sprintf("stored commit %s@%d is corrupt: %s (%T)", corrupt.Stream, corrupt.Version, corrupt.Reason, corrupt.Err)
	}
	return err.Error()
}
