package sqlview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
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

// Unavailable reports whether an error of pgx says that the server can't be reached, or can't serve now. The same call may
// succeed later.
func Unavailable(err error) bool {
	s := state(err)
	if s == "" { // none of the server's
		return err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) &&
			!errors.As(err, new(pgx.ScanArgError))
	}
	// Connections, resources, an operator's intervention, the system. A server that is started again is among them.
	return slices.ContainsFunc([]string{"08", "53", "57P", "58"}, func(class string) bool { return strings.HasPrefix(s, class) })
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
