package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/rule"
)

// refuse returns the problem that an error of an operation is answered with, and logs what is our fault.
func (a *api) refuse(ctx context.Context, err error) *Problem {
	p := a.problem(err).of(ctx)
	switch {
	case p.Status == http.StatusServiceUnavailable:
		a.log(ctx, slog.LevelWarn, "unavailable", err)
	case p.Status >= http.StatusInternalServerError:
		a.log(ctx, slog.LevelError, "request failed", err)
	}
	return p
}

// problem is the one table from errors to answers.
func (a *api) problem(err error) *Problem {
	var (
		known     *Problem
		price     *order.PriceError
		violation *rule.Violation
		notFound  *es.NotFoundError
		noVersion *es.VersionNotFoundError
		exists    *es.AlreadyExistsError
		mismatch  *es.VersionMismatchError
		reused    *es.CommandReusedError
		unknown   *es.UnknownOutcomeError
		conflict  *es.ConflictError
		limit     *es.LimitError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &price) && errors.As(err, &violation):
		p := newProblem(http.StatusUnprocessableEntity, string(violation.Code), violation.Detail)
		p.ProductID = price.ProductID
		if price.Listed {
			p.CurrentPrice = &Amount{Amount: price.CurrentPrice.Amount(), Currency: price.CurrentPrice.Currency()}
		}
		return p
	case errors.As(err, &violation):
		return newProblem(http.StatusUnprocessableEntity, string(violation.Code), violation.Detail)
	case errors.As(err, &notFound):
		return newProblem(http.StatusNotFound, "not-found", told(notFound.Stream, notFound.Error(), "there is none"))
	case errors.As(err, &noVersion):
		return newProblem(http.StatusNotFound, "version-not-found",
			told(noVersion.Stream, noVersion.Error(), "it has not come to that version"))
	case errors.As(err, &exists):
		return newProblem(http.StatusConflict, "already-exists", told(exists.Stream, exists.Error(), "it exists already"))
	case errors.As(err, &mismatch):
		return newProblem(http.StatusPreconditionFailed, "version-mismatch",
			told(mismatch.Stream, mismatch.Error(), "it is not at the version that was demanded"))
	case errors.As(err, &reused):
		return newProblem(http.StatusUnprocessableEntity, "idempotency-key-reused",
			told(reused.Stream, reused.Error(), "the command id was used for another command"))
	case errors.As(err, &limit):
		return newProblem(http.StatusRequestEntityTooLarge, "too-large",
			told(limit.Stream, limit.Error(), fmt.Sprintf("%d %s, the limit is %d", limit.Size, limit.What, limit.Limit)))
	case errors.Is(err, es.ErrOccurredInFuture):
		return invalidField("header."+occurredAtHeader, "must not be in the future")
	case errors.Is(err, projection.ErrCursor):
		return invalidField("query.cursor", projection.ErrCursor.Error())
	case errors.As(err, &unknown):
		return later("outcome-unknown", "it is not known whether the command was done: repeat it with the same Idempotency-Key")
	case errors.As(err, &conflict):
		return newProblem(http.StatusConflict, "conflict",
			told(conflict.Stream, conflict.Stream.String(), "what the command needs")+" kept changing meanwhile; nothing was stored")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), a.cfg.Unavailable(err):
		return later("unavailable", "the service can't answer now: repeat the request")
	}
	return internal()
}

// later is the problem of what may succeed if it is sent again.
func later(code, detail string) *Problem {
	p := newProblem(http.StatusServiceUnavailable, code, detail)
	p.retryAfter = 1
	return p
}

func (a *api) log(ctx context.Context, level slog.Level, message string, err error) {
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
