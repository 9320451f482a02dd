package sqlview

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// The states of errors that are handled here.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	serializationFailure = "40001" // on DSQL: another transaction has changed the same rows
	deadlock             = "40P01"
	undefinedTable       = "42P01"
	undefinedSchema      = "3F000"
	uniqueViolation      = "23505"
	duplicateTable       = "42P07"
	duplicateSchema      = "42P06"
	stillNeeded          = "2BP01" // an object can't be dropped: others depend on it
	otherColumns         = "42P16" // a view can't be replaced by one with other columns
	dataException        = "22"    // the beginning: a value is out of range, or has no valid form
)

// state is the SQLSTATE of an error, empty if it is none of the server's.
func state(err error) string {
	if failed := (*pgconn.PgError)(nil); errors.As(err, &failed) {
		return failed.Code
	}
	return ""
}

// isMissing reports whether a generation's tables do not exist.
func isMissing(err error) bool {
	s := state(err)
	return s == undefinedTable || s == undefinedSchema
}

// conflicts reports whether the same transaction may succeed when it is repeated. The three about existing objects are those
// of a session that has looked for an object right before another one made it.
func conflicts(err error) bool {
	switch state(err) {
	case serializationFailure, deadlock, uniqueViolation, duplicateTable, duplicateSchema:
		return true
	}
	return false
}

// fault is what an error of the server or the connection means for the engine. A message about a value is left out,
// because it cites the value. Everything that no other call can avoid is an outage of this store: it must not hold up other
// projections.
func fault(err error) error {
	switch s := state(err); {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, projection.ErrTooLarge), errors.Is(err, projection.ErrRefused), errors.Is(err, projection.ErrStale):
		return err
	case strings.HasPrefix(s, dataException):
		return fmt.Errorf("%w: a value does not fit its column (SQLSTATE %s)", projection.ErrRefused, s)
	case conflicts(err):
		return fmt.Errorf("%w: %w", projection.ErrContended, err)
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}
