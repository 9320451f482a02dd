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
	violation            = "42"    // the beginning: a name is taken or unknown, a right is missing
	lockNotAvailable     = "55P03" // lock_timeout
	stackDepth           = "54001"
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

// conflicts reports whether the same transaction may succeed when it is repeated. The three about existing objects are
// those of a session that has looked for an object right before another one made it.
func conflicts(err error) bool {
	switch state(err) {
	case serializationFailure, deadlock, lockNotAvailable, uniqueViolation, duplicateTable, duplicateSchema:
		return true
	}
	return false
}

// Unavailable reports whether an error of a call with a context says that the server can't be reached, or can't serve
// now. The same call may succeed later. What the context's own end caused is no such error, but a timeout of the
// connection is.
func Unavailable(ctx context.Context, err error) bool {
	s := state(err)
	if s == "" { // none of the server's
		return err != nil && ctx.Err() == nil && !errors.As(err, new(pgx.ScanArgError))
	}
	// Connections, resources, an operator's intervention, the system. A server that is started again is among them.
	return slices.ContainsFunc([]string{"08", "53", "57P", "58"}, func(class string) bool { return strings.HasPrefix(s, class) })
}

// IsMissing reports whether what people query is not there yet: nothing was ever stored.
func IsMissing(err error) bool { return isMissing(err) }

// isContent reports whether the server refuses a value: it is out of range, has no valid form, is too large for an
// index, or violates a constraint.
func isContent(s string) bool {
	return s != stackDepth && slices.ContainsFunc([]string{"21", "22", "23", "54"}, func(class string) bool {
		return strings.HasPrefix(s, class)
	})
}

// fault is what an error of the server or the connection means for the engine. A message about a value is left out,
// because it cites the value. Everything that no other call can avoid is an outage of this store: it must not hold up
// other projections.
func fault(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil, errors.Is(err, projection.ErrTooLarge), errors.Is(err, projection.ErrRefused),
		errors.Is(err, projection.ErrStale), errors.Is(err, projection.ErrLost), errors.Is(err, es.ErrUnavailable):
		return err
	case conflicts(err):
		return fmt.Errorf("%w: %w", projection.ErrContended, err)
	case isContent(state(err)):
		return fmt.Errorf("%w: a value does not fit its column or an index (SQLSTATE %s)", projection.ErrRefused, state(err))
	}
	return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
}

// readFault is fault for a call that only reads: a conflict, which only DSQL has, is no other than an outage.
func readFault(ctx context.Context, err error) error {
	if err = fault(ctx, err); errors.Is(err, projection.ErrContended) {
		return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
	}
	return err
}
