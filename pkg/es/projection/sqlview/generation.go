package sqlview

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

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
	return all, err
}

// known returns the layout of a generation, nil if it does not exist (any more).
func (v *View) known(ctx context.Context, g projection.Generation) (*layout, error) {
	v.mu.Lock()
	l := v.stored[g]
	v.mu.Unlock()
	if l != nil {
		return l, nil
	}
	all, err := v.records(ctx)
	if err != nil {
		return nil, fault(err)
	}
	i := slices.IndexFunc(all, func(r record) bool { return r.generation == g })
	if i < 0 || all[i].dropped {
		return nil, nil
	}
	var tables []sqltable.Table
	if err := json.Unmarshal([]byte(all[i].declaration), &tables); err != nil {
		return nil, fmt.Errorf("projection %s, generation %d: its declaration in %s can't be read: %w",
			v.name, g, v.generations(), err)
	}
	if all[i].fold == v.fold && all[i].declaration != declaration(v.tables) {
		return nil, fmt.Errorf("projection %s: its tables are declared differently than when generation %d was made: "+
			"raise the fold version, now %d, or undo the change", v.name, g, v.fold)
	}
	l = v.layout(g, tables)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stored[g] = l
	return l, nil
}

func (v *View) forget(g projection.Generation) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.stored, g)
}

// ensure returns the layout of a generation, and makes its tables if they do not exist yet.
//
// Errors: [projection.ErrStale] if the generation was dropped.
func (v *View) ensure(ctx context.Context, g projection.Generation) (*layout, error) {
	l, err := v.known(ctx, g)
	if l != nil || err != nil {
		return l, err
	}
	l = v.layout(g, v.tables)
	statements := append([]string{
		"CREATE SCHEMA IF NOT EXISTS " + v.cfg.Schema,
		"CREATE TABLE IF NOT EXISTS " + v.generations() + " (projection text, generation bigint, fold bigint NOT NULL, " +
			"tables text NOT NULL, serving boolean NOT NULL, dropped boolean NOT NULL, PRIMARY KEY (projection, generation))",
	}, l.definitions()...)
	if err := v.define(ctx, statements...); err != nil {
		return nil, fault(fmt.Errorf("projection %s: make the tables of generation %d: %w", v.name, g, err))
	}
	_, err = v.pool.Exec(ctx, "INSERT INTO "+v.generations()+" (projection, generation, fold, tables, serving, dropped) "+
		"VALUES ($1, $2, $3, $4, false, false) ON CONFLICT DO NOTHING", v.name, g, v.fold, declaration(v.tables))
	if err != nil {
		return nil, fault(err)
	}
	if l, err = v.known(ctx, g); l != nil || err != nil { // as it was made first, perhaps by another process
		return l, err
	}
	return nil, fmt.Errorf("projection %s, generation %d was dropped: %w", v.name, g, projection.ErrStale)
}

// lock is the advisory lock under which tables and views are defined: concurrent definitions of the same table fail.
const lock = 0x616e6e616c73 // "annals"

// define runs statements of data definition: all or nothing on PostgreSQL, one after the other on DSQL.
func (v *View) define(ctx context.Context, statements ...string) error {
	if v.cfg.Dialect == PostgreSQL {
		return v.repeat(ctx, func() error { return v.defineAll(ctx, statements) })
	}
	for _, s := range statements {
		err := v.repeat(ctx, func() error {
			_, err := v.pool.Exec(ctx, s)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (v *View) defineAll(ctx context.Context, statements []string) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lock))
		for _, s := range statements {
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
// Errors: one if other columns are wanted, and views of others depend on a view.
func (v *View) Point(ctx context.Context, g projection.Generation) error {
	all, err := v.records(ctx)
	if err != nil {
		return fault(err)
	}
	if slices.ContainsFunc(all, func(r record) bool { return r.generation == g && r.serving }) {
		return nil
	}
	l, err := v.ensure(ctx, g)
	if err != nil {
		return err
	}
	statements := []string{"CREATE SCHEMA IF NOT EXISTS " + v.cfg.People}
	for _, name := range v.formerViews(all, l) {
		statements = append(statements, "DROP VIEW IF EXISTS "+name)
	}
	var replaced []string
	for i := range l.tables {
		statements = append(statements, "CREATE OR REPLACE VIEW "+l.view(i)+" AS "+l.shown(i))
		replaced = append(replaced, "DROP VIEW IF EXISTS "+l.view(i))
	}
	err = v.define(ctx, statements...)
	if state(err) == otherColumns { // then not in one step: people's queries wait on PostgreSQL, and fail for a moment on DSQL
		err = v.define(ctx, slices.Concat(statements[:1], replaced, statements[1:])...)
	}
	if err != nil {
		if state(err) == stillNeeded {
			return fmt.Errorf("projection %s: the views for people change their columns, but other views depend on them: drop those "+
				"first: %w", v.name, err)
		}
		return fault(err)
	}
	_, err = v.pool.Exec(ctx, "UPDATE "+v.generations()+" SET serving = (generation = $2) WHERE projection = $1", v.name, g)
	return fault(err)
}

// formerViews are the views for people that a generation's declaration lacks.
func (v *View) formerViews(all []record, l *layout) (former []string) {
	for _, r := range all {
		var tables []sqltable.Table
		if json.Unmarshal([]byte(r.declaration), &tables) != nil {
			continue
		}
		for _, t := range tables {
			declared := slices.ContainsFunc(l.tables, func(now sqltable.Table) bool { return now.Name == t.Name })
			if name := v.cfg.People + "." + t.Name; !declared && !slices.Contains(former, name) {
				former = append(former, name)
			}
		}
	}
	return former
}

// Drop implements [projection.View].
//
// Errors: one if a view shows the generation's tables.
func (v *View) Drop(ctx context.Context, g projection.Generation) error {
	all, err := v.records(ctx)
	if err != nil {
		return fault(err)
	}
	i := slices.IndexFunc(all, func(r record) bool { return r.generation == g })
	if i < 0 {
		return context.Cause(ctx)
	}
	v.forget(g)
	defer v.forget(g)
	// It is marked first, so that no process makes the tables again.
	marked, err := v.pool.Exec(ctx, "UPDATE "+v.generations()+" SET dropped = true WHERE projection = $1 AND generation = $2 "+
		"AND NOT serving", v.name, g)
	if err != nil {
		return fault(err)
	}
	if marked.RowsAffected() == 0 {
		return fmt.Errorf("projection %s: generation %d can't be dropped: people read it", v.name, g)
	}
	l := v.layout(g, nil)
	var statements []string
	for _, suffix := range []string{documents, ownRows, appends, counters} {
		statements = append(statements, "DROP TABLE IF EXISTS "+l.table(suffix))
	}
	err = v.define(ctx, statements...)
	if state(err) == stillNeeded {
		return fmt.Errorf("projection %s: generation %d can't be dropped, because views show its tables %s…: drop these views "+
			"first: %w", v.name, g, l.prefix, err)
	}
	return fault(err)
}
