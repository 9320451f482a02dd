// Package annalssql lets functions keep read models in PostgreSQL or Aurora DSQL: see annals.InSQL. Import it where a
// function that reads or writes read models is built, with the build tag of the store:
//
//	//go:build sql
//
//	package main
//
//	import _ "github.com/annals-es/annals/pkg/annals/annalssql"
package annalssql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqlview"
	"github.com/annals-es/annals/pkg/es/projection/sqlview/sqlauth"
)

func init() { annalslambda.Register(annals.SQL, Open) } //nolint:gochecknoinits // as database/sql's drivers do

const (
	// connections is how many connections a process makes at most. A query function serves one request at a time; a projector
	// saves a batch in few transactions.
	connections = 4
	// within is how long a connection may take. An outage must show soon: it is noted, and other read models go on.
	within = 2 * time.Second
	// connectionAge is how long a connection is used. DSQL ends them after an hour.
	connectionAge = 50 * time.Minute
)

// Open opens the database that the environment names: by [annalsaws.SQLURLEnv] a PostgreSQL with a user name and a password,
// by [annalsaws.SQLEndpointEnv] a cluster of Aurora DSQL, to which the function's role connects. It connects when it is used.
//
// Errors: one if neither variable is set, or if the address is malformed.
func Open(d annalslambda.Deployment, getenv func(string) string) (annalslambda.OpenedStore, error) {
	address, cfg := getenv(annalsaws.SQLURLEnv), sqlview.Config{}
	endpoint := getenv(annalsaws.SQLEndpointEnv)
	if address == "" && endpoint == "" {
		return annalslambda.OpenedStore{}, fmt.Errorf("neither %s nor %s is set", annalsaws.SQLURLEnv, annalsaws.SQLEndpointEnv)
	}
	byRole := address == "" // the local runner sets the address of its own server, whatever the template says
	if byRole {
		address, cfg.Dialect = "postgres://admin@"+endpoint+"/postgres?sslmode=verify-full", sqlview.DSQL
	}
	to, err := pgxpool.ParseConfig(address)
	if err != nil {
		return annalslambda.OpenedStore{}, fmt.Errorf("the address of the database: %w", err)
	}
	to.MaxConns, to.MaxConnLifetime, to.ConnConfig.ConnectTimeout = connections, connectionAge, within
	if byRole {
		to.BeforeConnect = sqlauth.DSQL(d.AWS.Region, d.AWS.Credentials)
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), to)
	if err != nil {
		return annalslambda.OpenedStore{}, err
	}
	return annalslambda.OpenedStore{
		View: func(m *annals.DeclaredReadModel) projection.View {
			return sqlview.New(pool, m.Projection, cfg, m.Tables...)
		},
		SQL: tables{pool},
	}, nil
}

// tables are the tables that people read.
type tables struct{ pool *pgxpool.Pool }

// Query implements [annals.SQLTables].
func (t tables) Query(ctx context.Context, query string, args ...any) (annals.SQLRows, error) {
	found, err := t.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, judged(err)
	}
	return rows{found}, nil
}

// rows are the rows of a query. Their error is the first that says whether the database answered.
type rows struct{ pgx.Rows }

func (r rows) Err() error { return judged(r.Rows.Err()) }

func judged(err error) error {
	if sqlview.Unavailable(err) {
		return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
	}
	return err
}
