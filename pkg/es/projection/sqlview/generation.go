package sqlview

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// generations is the table of the generations.
func (v *View) generations() string { return v.cfg.Schema + ".generations" }

// record is a generation as it is recorded.
type record struct {
	generation       projection.Generation
	fold             int
	declaration      string
	serving, dropped bool
}

// tables are the tables by which a generation was made.
func (r *record) tables() (tables []sqltable.Table, err error) {
	err = json.Unmarshal([]byte(r.declaration), &tables)
	return tables, err
}

// records are the generations of the projection that were ever made.
func (v *View) records(ctx context.Context) ([]record, error) {
	rows, err := v.pool.Query(ctx, "SELECT generation, fold, tables, serving, dropped FROM "+v.generations()+
		" WHERE projection = $1 ORDER BY generation", v.name)
	var all []record
	if err == nil {
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r record, err error) {
			err = row.Scan(&r.generation, &r.fold, &r.declaration, &r.serving, &r.dropped)
			return r, err
		})
	}
	if isMissing(err) { // nothing was ever stored here
		return nil, nil
	}
	return all, readFault(ctx, err)
}

// known returns the layout of a generation, nil if it does not exist (any more). dropped reports whether it was
// dropped.
func (v *View) known(ctx context.Context, g projection.Generation) (l *layout, dropped bool, err error) {
	v.mu.Lock()
	l = v.stored[g]
	v.mu.Unlock()
	if l != nil {
		return l, false, nil
	}
	all, err := v.records(ctx)
	if err != nil {
		return nil, false, err
	}
	i := slices.IndexFunc(all, func(r record) bool { return r.generation == g })
	if i < 0 || all[i].dropped {
		return nil, i >= 0, nil
	}
	// An outage, not a failure of streams: this projection can't go on, and must not hold up others.
	tables, err := all[i].tables()
	if err != nil {
		return nil, false, fmt.Errorf("%w: projection %s, generation %d: its declaration in %s can't be read: %w",
			es.ErrUnavailable, v.name, g, v.generations(), err)
	}
	if all[i].fold == v.fold && declaration(tables) != declaration(v.tables) {
		return nil, false, fmt.Errorf("%w: projection %s: its tables are declared differently than when generation %d was made: "+
			"raise the fold version, now %d, or undo the change", es.ErrUnavailable, v.name, g, v.fold)
	}
	l = v.layout(g, tables)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stored[g] = l
	return l, false, nil
}

func (v *View) forget(g projection.Generation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.stored, g)
}

// layoutOf returns the layout of a generation.
//
// Errors: [projection.ErrLost] if it does not exist.
func (v *View) layoutOf(ctx context.Context, g projection.Generation) (*layout, error) {
	l, _, err := v.known(ctx, g)
	if l == nil && err == nil {
		err = cmp.Or(context.Cause(ctx), v.lost(g))
	}
	return l, err
}

// lost is the error of a generation that does not exist.
func (v *View) lost(g projection.Generation) error {
	return fmt.Errorf("%w: projection %s: there are no tables of generation %d", projection.ErrLost, v.name, g)
}

// Prepare implements [projection.Preparing]: it makes the generation's tables.
//
// Errors: [projection.ErrStale] if the generation was dropped.
func (v *View) Prepare(ctx context.Context, g projection.Generation) error {
	l, dropped, err := v.known(ctx, g)
	if l != nil || err != nil {
		return err
	}
	if !dropped {
		if err := v.make(ctx, g); err != nil {
			return fault(ctx, fmt.Errorf("projection %s: make the tables of generation %d: %w", v.name, g, err))
		}
		// As it was made first, perhaps by another process.
		if l, dropped, err = v.known(ctx, g); l != nil || err != nil {
			return err
		}
		if dropped { // meanwhile: nobody else would remove these tables
			if err := v.define(ctx, v.layout(g, nil).drops()...); err != nil {
				return fault(ctx, err)
			}
		}
	}
	return fmt.Errorf("projection %s, generation %d was dropped: %w", v.name, g, projection.ErrStale)
}

// make makes the tables of a generation, and records it.
func (v *View) make(ctx context.Context, g projection.Generation) error {
	statements, err := v.missing(ctx, v.cfg.Schema)
	if err != nil {
		return err
	}
	statements = append(statements, "CREATE TABLE IF NOT EXISTS "+v.generations()+" (projection text, generation bigint, "+
		"fold bigint NOT NULL, tables text NOT NULL, serving boolean NOT NULL, dropped boolean NOT NULL, "+
		"PRIMARY KEY (projection, generation))")
	if err := v.define(ctx, append(statements, v.layout(g, v.tables).definitions()...)...); err != nil {
		return err
	}
	_, err = v.exec(ctx, v.inserted(g, false))
	return err
}

// inserted is the statement that records a generation, unless it is recorded already.
func (v *View) inserted(g projection.Generation, dropped bool) string {
	return fmt.Sprintf("INSERT INTO %s (projection, generation, fold, tables, serving, dropped) VALUES (%s, %d, %d, %s, false, %t) "+
		"ON CONFLICT DO NOTHING", v.generations(), literal(v.name), g, v.fold, literal(declaration(v.tables)), dropped)
}

// missing are the statements that make a schema, none if it exists: to make one needs a right that a role may lack.
func (v *View) missing(ctx context.Context, schema string) ([]string, error) {
	var there bool
	err := v.pool.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", schema).Scan(&there)
	if err != nil || there {
		return nil, err
	}
	return []string{"CREATE SCHEMA IF NOT EXISTS " + schema}, nil
}

// exec runs a statement, and repeats it if it conflicts with others. It returns how many rows it changed.
func (v *View) exec(ctx context.Context, statement string) (changed int64, err error) {
	err = v.repeat(ctx, func() error {
		done, err := v.pool.Exec(ctx, statement)
		changed = done.RowsAffected()
		return err
	})
	return changed, err
}

const (
	// lock is the first part of the advisory locks under which tables and views are defined, one for each projection:
	// concurrent definitions of the same table fail.
	lock = 0x616e6e61 // "anna"
	// lockTimeout is how long a definition waits for what somebody reads: all later readers wait behind it.
	lockTimeout = "500ms"
)

// define runs statements of data definition: all or nothing on PostgreSQL, one after the other on DSQL.
func (v *View) define(ctx context.Context, statements ...string) error {
	if v.cfg.Dialect == PostgreSQL {
		return v.repeat(ctx, func() error { return v.defineAll(ctx, statements) })
	}
	for _, s := range statements {
		if _, err := v.exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (v *View) defineAll(ctx context.Context, statements []string) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d, hashtext(%s))", lock, literal(v.name)))
		for _, s := range append([]string{"SET LOCAL lock_timeout = '" + lockTimeout + "'"}, statements...) {
			if err == nil {
				_, err = tx.Exec(ctx, s)
			}
		}
		return err
	})
}

// Point implements [projection.Pointing]: it makes the views for people show a generation. Those of tables that the
// generation's declaration lacks are removed.
//
// Errors: one if other columns are wanted, and views of others depend on a view; one if a view can't be made, for
// instance because something else has its name.
func (v *View) Point(ctx context.Context, g projection.Generation) error {
	all, err := v.records(ctx)
	if err != nil {
		return err
	}
	var before []sqltable.Table // that people see now
	for i := range all {
		if !all[i].serving {
			continue
		}
		if all[i].generation == g {
			return nil
		}
		before, _ = all[i].tables()
	}
	l, err := v.layoutOf(ctx, g)
	if err != nil {
		return err
	}
	statements, err := v.pointing(ctx, l, before)
	if err == nil {
		err = v.define(ctx, statements...)
	}
	if state(err) == stillNeeded {
		return fmt.Errorf("projection %s: the views for people change their columns, but other views depend on them: drop those "+
			"first: %w", v.name, err)
	}
	if strings.HasPrefix(state(err), violation) { // such as a name that is taken: no outage of the store
		return fmt.Errorf("projection %s: the views for people can't be made: %w", v.name, err)
	}
	return fault(ctx, err)
}

// pointing are the statements that make the views for people show a generation. before are the tables that they show
// now. What serves is recorded with the views; on DSQL, where that is several transactions, no generation is recorded
// in between.
func (v *View) pointing(ctx context.Context, l *layout, before []sqltable.Table) ([]string, error) {
	schema, err := v.missing(ctx, v.cfg.People)
	if err != nil {
		return nil, err
	}
	own, err := v.views(ctx)
	if err != nil {
		return nil, err
	}
	serves := "UPDATE " + v.generations() + " SET serving = %s WHERE projection = " + literal(v.name)
	statements := slices.Concat(schema, []string{fmt.Sprintf(serves, "false")})
	for _, t := range before {
		i := slices.IndexFunc(l.tables, func(now sqltable.Table) bool { return now.Name == t.Name })
		// A view can be replaced by one with the same columns. Otherwise it is made anew: people's queries wait on
		// PostgreSQL, and fail for a moment on DSQL.
		if slices.Contains(own, t.Name) && (i < 0 || !sameColumns(t, l.tables[i])) {
			statements = append(statements, "DROP VIEW IF EXISTS "+v.cfg.People+"."+t.Name)
		}
	}
	for i := range l.tables {
		statements = append(statements, "CREATE OR REPLACE VIEW "+l.view(i)+" AS "+l.shown(i))
	}
	return append(statements, fmt.Sprintf(serves, fmt.Sprintf("(generation = %d)", l.generation))), nil
}

// views are the views in the schema for people that show tables of this projection.
func (v *View) views(ctx context.Context) ([]string, error) {
	rows, err := v.pool.Query(ctx, "SELECT DISTINCT view_name::text FROM information_schema.view_table_usage "+
		"WHERE view_schema = $1 AND table_schema = $2 AND table_name ~ $3", v.cfg.People, v.cfg.Schema, "^"+v.base+"_g[0-9]+(_[a-z]+)?$")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// sameColumns reports whether the views of two tables have the same columns.
func sameColumns(a, b sqltable.Table) bool {
	return a.Kind == b.Kind && slices.EqualFunc(a.Columns, b.Columns, func(a, b sqltable.Column) bool {
		return a.Name == b.Name && a.Type == b.Type
	})
}

// Drop implements [projection.View].
//
// Errors: one if a view shows the generation's tables.
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	all, err := v.records(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	v.forget(g)
	defer v.forget(g)
	// It is recorded first, so that no process makes the tables, or makes them again.
	if _, err := v.exec(ctx, v.inserted(g, true)); err != nil {
		return fault(ctx, err)
	}
	marked, err := v.exec(ctx, fmt.Sprintf("UPDATE %s SET dropped = true WHERE projection = %s AND generation = %d AND NOT serving",
		v.generations(), literal(v.name), g))
	if err != nil {
		return fault(ctx, err)
	}
	if marked == 0 {
		return fmt.Errorf("projection %s: generation %d can't be dropped: people read it", v.name, g)
	}
	l := v.layout(g, nil)
	err = v.define(ctx, l.drops()...)
	if state(err) == stillNeeded {
		return fmt.Errorf("projection %s: generation %d can't be dropped, because views show its tables %s…: drop these views "+
			"first: %w", v.name, g, l.prefix, err)
	}
	return fault(ctx, err)
}

// drops are the statements that remove a generation's tables.
func (l *layout) drops() (statements []string) {
	for _, suffix := range []string{documents, ownRows, appends, counters} {
		statements = append(statements, "DROP TABLE IF EXISTS "+l.table(suffix))
	}
	return statements
}
