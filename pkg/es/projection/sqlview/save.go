package sqlview

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Save implements [projection.View]: one transaction of two round trips, however many streams and rows it has.
func (v *View) Save(
	ctx context.Context, g projection.Generation, moves []projection.CheckpointUpdate, rows []projection.Write,
) error {
	if err := limits.Check(moves, rows); err != nil {
		return err
	}
	l, err := v.layoutOf(ctx, g)
	if err != nil {
		return err
	}
	t := transaction{view: v, layout: l}
	changes := make([]change, len(moves))
	for i, m := range moves {
		changes[i] = change{m, ""}
	}
	t.checkpoints(changes)
	t.rows(rows)
	return t.run(ctx)
}

// Append implements [projection.View]: one transaction for each thousand rows.
func (v *View) Append(ctx context.Context, g projection.Generation, rows ...projection.AppendRow) error {
	for _, row := range rows {
		key := projection.RowKey{Key: row.Key, Kind: projection.AppendedRow}
		if err := limits.CheckRow(key, projection.Row{Row: row.Row}); err != nil {
			return fmt.Errorf("append row %.99q: %w", row.Key, err)
		}
	}
	l, err := v.layoutOf(ctx, g)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		n, bytes := 0, 0
		for n < len(rows) && n < limits.MaxWrites && (n == 0 || bytes+len(rows[n].Row) <= limits.MaxBytes) {
			bytes += len(rows[n].Row)
			n++
		}
		t := transaction{view: v, layout: l}
		t.appends(rows[:n])
		if err := t.run(ctx); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return context.Cause(ctx)
}

// Park implements [projection.View].
func (v *View) Park(
	ctx context.Context, g projection.Generation, stream es.StreamID, prev projection.Checkpoint, p projection.Parked,
) error {
	why, err := viewkit.ReasonText(p)
	if err != nil {
		return err
	}
	l, err := v.layoutOf(ctx, g)
	if err != nil {
		return err
	}
	t := transaction{view: v, layout: l}
	update := projection.CheckpointUpdate{Stream: stream, Prev: prev, Next: prev.Raised(prev.Version + 1)}
	t.checkpoints([]change{{update, why}})
	return t.run(ctx)
}

// change is an update of a checkpoint, with the reason if it parks the stream.
type change struct {
	projection.CheckpointUpdate
	parked string
}

// transaction collects statements, and what their results must be.
type transaction struct {
	view   *View
	layout *layout
	steps  []step
	err    error // what can't be written
	count  int   // rows that are written
}

// step is a statement.
type step struct {
	sql  string
	args []any
	// changes is how many rows it must change, or anyNumber.
	changes int
	// check checks what the statement returns, a number in a row. If nil, it returns nothing.
	check func(n projection.Number) error
}

const anyNumber = -1

// run runs the transaction. If it conflicts with others, it is repeated.
//
// Errors: [projection.ErrStale], [projection.ErrContended], [projection.ErrTooLarge], [projection.ErrRefused].
func (t *transaction) run(ctx context.Context) error {
	switch {
	case t.err != nil:
		return t.err
	case t.view.cfg.Dialect == DSQL && t.count > maxDSQLRows:
		return fmt.Errorf("%w: %d rows at once, the limit is %d", projection.ErrTooLarge, t.count, maxDSQLRows)
	}
	err := t.view.repeat(ctx, func() error { return t.once(ctx) })
	if isMissing(err) { // another process dropped it, or somebody removed the tables
		t.view.forget(t.layout.generation)
		return t.view.lost(t.layout.generation)
	}
	return fault(ctx, err)
}

const (
	// attempts is how often a transaction is tried that conflicts with others. backoff is the longest pause before the
	// second attempt; it doubles with each further one.
	attempts = 6
	backoff  = 5 * time.Millisecond
)

// repeat repeats what conflicts with other transactions.
func (v *View) repeat(ctx context.Context, do func() error) error {
	for attempt := 0; ; attempt++ {
		err := do()
		if !conflicts(err) || attempt == attempts-1 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(rand.N(backoff << attempt)):
		}
	}
}

// once runs the transaction: begin and all statements in one round trip, commit in another.
func (t *transaction) once(ctx context.Context) error {
	conn, err := t.view.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // a connection in a transaction is closed
	var batch pgx.Batch
	batch.Queue("BEGIN")
	for _, s := range t.steps {
		batch.Queue(s.sql, s.args...)
	}
	if err := t.results(conn.SendBatch(ctx, &batch)); err != nil {
		if ctx.Err() == nil {
			_, failed := conn.Exec(ctx, "ROLLBACK")
			_ = failed // the error before tells more, and the connection is closed
		}
		return err
	}
	_, err = conn.Exec(ctx, "COMMIT")
	return err
}

// results compares the results of the statements with what they must be.
func (t *transaction) results(sent pgx.BatchResults) (err error) {
	defer func() {
		if closed := sent.Close(); err == nil {
			err = closed
		}
	}()
	if _, err := sent.Exec(); err != nil {
		return err
	}
	for _, s := range t.steps {
		if s.check != nil {
			if err := checkAll(sent, s.check); err != nil {
				return err
			}
			continue
		}
		done, err := sent.Exec()
		if err != nil {
			return err
		}
		if s.changes >= 0 && int(done.RowsAffected()) != s.changes {
			return projection.ErrStale
		}
	}
	return nil
}

// checkAll checks the numbers that a statement returns.
func checkAll(sent pgx.BatchResults, check func(projection.Number) error) error {
	rows, err := sent.Query()
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, text := range all {
		n, malformed := projection.Decimal(text)
		if err == nil && malformed == nil {
			err = check(n)
		}
		err = errors.Join(err, malformed)
	}
	return err
}

// storable checks the sum of a counter.
func storable(sum projection.Number) error {
	if !sum.Storable() {
		return fmt.Errorf("%w: the sum of a counter has too many digits", projection.ErrTooLarge)
	}
	return nil
}

// smallEnough checks the size of a row of counters, in bytes.
func smallEnough(size projection.Number) error {
	if size.Cmp(projection.Int(int64(limits.MaxItemBytes))) > 0 {
		return fmt.Errorf("%w: a row of counters has %s bytes, the limit is %d", projection.ErrTooLarge, size, limits.MaxItemBytes)
	}
	return nil
}
