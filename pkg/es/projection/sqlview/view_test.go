package sqlview_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/internal/pgtest"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

func TestView(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	t.Run("suite", func(t *testing.T) {
		viewtest.RunView(t, schemas(pool))
	})
}

// TestEngine: people query the rows of all kinds.
func TestEngine(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	t.Run("suite", func(t *testing.T) {
		viewtest.RunEngine(t, schemas(pool, ledgerTables()...))
	})
}

// schemas opens views in one database, each in a schema of its own, which is faster than a database.
func schemas(pool *pgxpool.Pool, tables ...sqltable.Table) func(t *testing.T) projection.View {
	var n atomic.Int64
	return func(*testing.T) projection.View {
		schema := fmt.Sprint("s", n.Add(1))
		view := sqlview.New(pool, sales(1), sqlview.Config{Schema: schema, People: schema}, tables...)
		return searched{view, pool, schema}
	}
}

// ledgerTables are the tables of the ledgers of [viewtest.RunEngine].
func ledgerTables() []sqltable.Table {
	type entry struct{ Text string }
	return []sqltable.Table{
		sqltable.Documents[struct{ Last, Taken string }]("ledgers",
			sqltable.Text("last", "Last").Indexed(), sqltable.Text("taken", "Taken")),
		sqltable.Rows(projection.OwnRows[entry]("lines"), "lines", sqltable.Text("text", "Text")),
		sqltable.Rows(projection.AppendRows[entry]("entries"), "entries", sqltable.Text("text", "Text")),
		sqltable.Counters("letters", sqltable.SortKey("letter"), sqltable.Count("count", "count")).Of("letters"),
	}
}

// searched is a view with a search of its schema.
type searched struct {
	*sqlview.View
	pool   *pgxpool.Pool
	schema string
}

// Lose implements [viewtest.Losing].
func (v searched) Lose(ctx context.Context) error {
	_, err := v.pool.Exec(ctx, "DROP SCHEMA IF EXISTS "+v.schema+" CASCADE")
	return err
}

// Holding implements [viewtest.Searched].
func (v searched) Holding(ctx context.Context, text string) (found []string, err error) {
	rows, err := v.pool.Query(ctx, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = $1", v.schema)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, table := range tables {
		var n int
		err = errors.Join(err, v.pool.QueryRow(ctx,
			"SELECT count(*) FROM "+v.schema+"."+table+" t WHERE strpos(t::text, $1) > 0", text).Scan(&n))
		if n > 0 {
			found = append(found, fmt.Sprintf("%d rows of table %s", n, table))
		}
	}
	return found, err
}
