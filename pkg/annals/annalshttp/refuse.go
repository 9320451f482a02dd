package annalshttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/projection"
)

// refuse returns the problem for an error of an operation. It logs errors that are not the caller's fault.
func (e *edge) refuse(ctx context.Context, err error) *Problem {
	p := e.tied(ctx, e.problem(err))
	if p.fault != "" {
		err = fmt.Errorf("%s: %w", p.fault, err)
	}
	switch {
	case p.Status == http.StatusServiceUnavailable:
		e.log(ctx, slog.LevelWarn, "unavailable", err)
	case p.Status >= http.StatusInternalServerError:
		e.log(ctx, slog.LevelError, "request failed", err)
	}
	return p
}

// refusalProblem returns the problem for a refusal of the service. A refusal needs a status from 400 to 499; any other
// is a mistake in the service, and becomes an internal error.
func refusalProblem(r *annals.Refusal) *Problem {
	if r == nil {
		return faulty("a decision returned a nil *annals.Refusal as an error: return nil instead")
	}
	if r.Status < http.StatusBadRequest || r.Status >= http.StatusInternalServerError {
		return faulty(fmt.Sprintf("refusal %q has the status %d: set annals.Refusal.Status to one from 400 to 499",
			r.Code, r.Status))
	}
	if r.Code == "" {
		return faulty("a refusal has no code: set annals.Refusal.Code, which callers branch on")
	}
	p := newProblem(r.Status, r.Code, r.Detail)
	switch members, err := plainJSON(r.Members); {
	case err == nil && string(members) == "null": // nil, or a pointer that is nil
	case err == nil && members[0] == '{':
		p.Members = r.Members
	default:
		return faulty(fmt.Sprintf("refusal %q has members of type %T, which are no JSON object: "+
			"set annals.Refusal.Members to a struct", r.Code, r.Members))
	}
	return p
}

// violationProblem returns the problem for a broken rule.
func violationProblem(v *refusal.Violation) *Problem {
	switch {
	case v == nil:
		return faulty("a decision returned a nil *refusal.Violation as an error: return nil instead")
	case v.Code == "":
		return faulty("a violation has no code: give the refusal.Code a text, which callers branch on")
	}
	return newProblem(http.StatusUnprocessableEntity, string(v.Code), v.Detail)
}

// faulty returns the problem for a mistake in the service, which the log names.
func faulty(what string) *Problem {
	p := internal()
	p.fault = what
	return p
}

// problem maps an error to a problem. This is the only such table. The service's own refusals come first.
func (e *edge) problem(err error) *Problem {
	var (
		known     *Problem
		refused   *annals.Refusal
		violation *refusal.Violation
		notFound  *es.NotFoundError
		noVersion *es.VersionNotFoundError
		exists    *es.AlreadyExistsError
		mismatch  *es.VersionMismatchError
		reused    *es.CommandReusedError
		unknown   *es.UnknownOutcomeError
		conflict  *es.ConflictError
		limit     *es.LimitError
		forgotten *personal.ForgottenError
		misnamed  *personal.NameError
		notFilled *projection.NotFilledError
	)
	if errors.As(err, &known) {
		return known
	}
	for _, of := range e.service.Refusals {
		if refusal := of(err); refusal != nil {
			return refusalProblem(refusal)
		}
	}
	switch {
	case errors.As(err, &refused):
		return refusalProblem(refused)
	case errors.As(err, &violation):
		return violationProblem(violation)
	case errors.As(err, &notFound):
		return newProblem(http.StatusNotFound, "not-found", e.told(notFound.Stream, notFound.Error(), "not found"))
	case errors.As(err, &noVersion):
		return newProblem(http.StatusNotFound, "version-not-found",
			e.told(noVersion.Stream, noVersion.Error(), "that version does not exist"))
	case errors.As(err, &exists):
		return newProblem(http.StatusConflict, "already-exists",
			e.told(exists.Stream, exists.Error(), "it exists already"))
	case errors.As(err, &mismatch):
		return newProblem(http.StatusPreconditionFailed, "version-mismatch",
			e.told(mismatch.Stream, mismatch.Error(), "its version is not the expected one"))
	case errors.As(err, &reused):
		return newProblem(http.StatusUnprocessableEntity, "idempotency-key-reused",
			e.told(reused.Stream, reused.Error(), "the command id was used for another command"))
	case errors.As(err, &forgotten):
		return newProblem(http.StatusUnprocessableEntity, "subject-forgotten",
			"the person that this is about was forgotten: nothing about the person is stored again")
	case errors.As(err, &misnamed):
		return newProblem(http.StatusUnprocessableEntity, "subject-malformed",
			"no data can be stored about a person with this id: "+misnamed.Reason)
	case errors.As(err, &limit):
		return newProblem(http.StatusRequestEntityTooLarge, "too-large",
			e.told(limit.Stream, limit.Error(),
				fmt.Sprintf("%d %s, the limit is %d", limit.Size, limit.What, limit.Limit)))
	case errors.Is(err, es.ErrOccurredInFuture):
		return invalidField("header."+occurredAtHeader, "must not be in the future")
	case errors.Is(err, projection.ErrCursor):
		return invalidField("query.cursor", projection.ErrCursor.Error())
	case errors.As(err, &notFilled):
		p := later("not-filled",
			"read model "+notFilled.Projection+" is still being built from earlier events: repeat the request later")
		p.retryAfter = retryLate
		return p
	case errors.Is(err, projection.ErrLost):
		p := later("not-filled", "the store of a read model has lost it: it is built again, repeat the request later")
		p.retryAfter = retryLate
		return p
	case errors.As(err, &unknown):
		return later("outcome-unknown",
			"it is unknown whether the command was stored: repeat it with the same Idempotency-Key; if it had none, "+
				"query its result before you repeat it")
	case errors.As(err, &conflict):
		return newProblem(http.StatusConflict, "conflict",
			e.told(conflict.Stream, conflict.Stream.String(), "an aggregate that the command needs")+
				" was changed concurrently on every attempt: nothing was stored, repeat the command")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), e.cfg.Unavailable(err):
		return later("unavailable", "the service can't answer now: repeat the request")
	}
	return internal()
}

// later returns the problem for a request that may succeed when it is repeated.
func later(code, detail string) *Problem {
	p := newProblem(http.StatusServiceUnavailable, code, detail)
	p.retryAfter = 1
	return p
}

// log logs an error with the correlation id of the request.
func (e *edge) log(ctx context.Context, level slog.Level, message string, err error) {
	e.cfg.Log.LogAttrs(ctx, level, message,
		slog.String("correlationId", correlationID(ctx)), slog.String("error", Describe(err)))
}

// Describe returns the text of an error without data from payloads, for logs. The cause of an [es.CorruptError] may
// cite a payload, so only its type is shown.
func Describe(err error) string {
	var corrupt *es.CorruptError
	if errors.As(err, &corrupt) {
		return fmt.Sprintf("stored commit %s@%d is corrupt: %s (%T)",
			corrupt.Stream, corrupt.Version, corrupt.Reason, corrupt.Err)
	}
	return err.Error()
}
