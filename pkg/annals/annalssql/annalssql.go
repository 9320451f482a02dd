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
	// connections is how many connections a process makes at most. A query function serves one request at a time; a
	// projector saves a batch in few transactions.
	connections = 4
	// within is how long a connection may take. An outage must show soon: it is noted, and other read models go on.
	within = 2 * time.Second
	// pingWithin is how long a connection may take to show that it still works, after it was idle: a frozen function
	// does not notice that one was lost.
	pingWithin = time.Second
	// answer is how long a query may take. API Gateway waits no longer than 30 s.
	answer = 20 * time.Second
	// connectionAge is how long a connection is used. DSQL ends them after an hour.
	connectionAge = 50 * time.Minute
)

var errSlow = fmt.Errorf("the database did not answer within %s", answer)

// Open opens the database that the environment names: by [annalsaws.SQLURLEnv] a PostgreSQL with a user name and a
// password, by [annalsaws.SQLEndpointEnv] a cluster of Aurora DSQL, to which the function's role connects. It connects
// when it is used.
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
	to.MaxConns, to.MaxConnLifetime, to.PingTimeout, to.ConnConfig.ConnectTimeout = connections, connectionAge, pingWithin, within
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

// Query implements [annals.SQLTables]. Statements are not prepared for later: after a swap their columns may have other
// types.
func (t tables) Query(ctx context.Context, query string, args ...any) (annals.SQLRows, error) {
	within, cancel := context.WithTimeoutCause(ctx, answer, errSlow)
	found, err := t.pool.Query(within, query, append([]any{pgx.QueryExecModeDescribeExec}, args...)...)
	if err != nil {
		defer cancel()
		return nil, judged(ctx, within, err)
	}
	return rows{found, func(err error) error { return judged(ctx, within, err) }, cancel}, nil
}

// rows are the rows of a query. Their error says whether the database answered.
type rows struct {
	pgx.Rows
	judge  func(error) error
	cancel context.CancelFunc
}

func (r rows) Err() error { return r.judge(r.Rows.Err()) }

func (r rows) Close() {
	r.Rows.Close()
	r.cancel()
}

// judged is the error of a query. The database is unavailable if it can't be reached, takes too long, or has no
// generation yet that people may read.
func judged(ctx, within context.Context, err error) error {
	switch {
	case err == nil, ctx.Err() != nil:
		return err
	case within.Err() != nil:
		return fmt.Errorf("%w: %w", es.ErrUnavailable, context.Cause(within))
	case sqlview.Unavailable(ctx, err), sqlview.IsMissing(err):
		return fmt.Errorf("%w: %w", es.ErrUnavailable, err)
	}
	return err
}
