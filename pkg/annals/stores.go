package annals

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

// Store is a kind of store of read models.
type Store string

// The stores of read models. All but DynamoDB are optional: see [Service.On].
const (
	DynamoDB Store = "dynamodb"
	SQL      Store = "sql"    // PostgreSQL, Aurora DSQL
	Search   Store = "search" // OpenSearch
	Cache    Store = "cache"  // Valkey, Redis
)

// optionalStores are the stores that a deployment may lack.
var optionalStores = []Store{SQL, Search, Cache}

// ParseStores reads a list of optional stores, such as "sql". An empty text is none.
//
// Errors: one that names the stores that exist, if a name is none of them.
func ParseStores(list string) ([]Store, error) {
	var all []Store
	for name := range strings.SplitSeq(list, ",") {
		s := Store(strings.TrimSpace(name))
		switch {
		case list == "":
		case !slices.Contains(optionalStores, s):
			return nil, fmt.Errorf("there is no store %q of read models: the stores besides DynamoDB are %v", s, optionalStores)
		case !slices.Contains(all, s):
			all = append(all, s)
		}
	}
	return all, nil
}

// InSQL stores a read model in PostgreSQL or Aurora DSQL instead of in DynamoDB, with tables in which people query it.
// A change of the tables needs a new fold version. Only deployments with the store SQL have the read model: see
// [Service.On].
func InSQL(tables ...sqltable.Table) ReadModelOption {
	return readModelOption(func(m *DeclaredReadModel) {
		m.Store, m.Tables, m.Apart = SQL, tables, true
	})
}

// InCache stores a read model in Valkey or Redis instead of in DynamoDB: documents, lists over an index, and
// counters. A cache that has lost what it held is filled again from the events. Only deployments with the store Cache
// have the read model: see [Service.On].
var InCache ReadModelOption = readModelOption(func(m *DeclaredReadModel) { m.Store, m.Apart = Cache, true })

// On returns the service of a deployment that has these stores besides DynamoDB: without the read models that are in
// others, and without the queries that only they can answer.
func (s *Service) On(stores ...Store) *Service {
	lacks := func(m *DeclaredReadModel) bool { return m.Store != DynamoDB && !slices.Contains(stores, m.Store) }
	if !slices.ContainsFunc(s.ReadModels, lacks) {
		return s
	}
	on := *s
	on.ReadModels = slices.DeleteFunc(slices.Clone(s.ReadModels), lacks)
	on.Operations = nil
	for _, o := range s.Operations {
		if len(o.Readings) > 0 {
			left := *o
			left.Readings = slices.DeleteFunc(slices.Clone(o.Readings), func(r Reading) bool { return on.ReadModel(r.Projection) == nil })
			if o = &left; len(left.Readings) == 0 {
				continue
			}
		}
		on.Operations = append(on.Operations, o)
	}
	return &on
}

// SQLTables are the tables of read models in SQL, for reading.
type SQLTables interface {
	// Query runs a query. Its parameters are $1, $2, … The rows must be closed.
	//
	// Errors: [es.ErrUnavailable] with its cause if the database can't be reached; the database's.
	Query(ctx context.Context, query string, args ...any) (SQLRows, error)
}

// SQLRows are the rows that a query returned, one after the other.
type SQLRows interface {
	Next() bool
	SQLRow
	Err() error
	Close()
}

// SQLRow is a row that a query returned. Scan reads its columns, in their order.
type SQLRow interface{ Scan(into ...any) error }

// Select runs a query and returns its rows. read reads one of them.
//
// Errors: those of [SQLTables]; those of read.
func Select[R any](
	ctx context.Context, tables SQLTables, read func(row SQLRow) (R, error), query string, args ...any,
) ([]R, error) {
	rows, err := tables.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []R{} // an empty list in JSON
	for rows.Next() {
		row, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// QuerySQL declares a query that f answers by SQL, from the tables of a read model: see [InSQL]. Callers can wait for
// it as for any query of the read model. Q is its input.
func QuerySQL[S, Q, R any](
	route string, p *projection.Of[S], f func(context.Context, SQLTables, Q) (R, error), o ...Option,
) Part {
	if f == nil {
		return broken(route, Asks, "its function is nil")
	}
	if p == nil {
		return broken(route, Asks, noProjection)
	}
	part := query[Q, R](route, Asks, p, "", selecting[Q, R](f), o)
	part.Readings[0].Needs = SQL
	return part
}

// selecting is a query by SQL.
type selecting[Q, R any] func(context.Context, SQLTables, Q) (R, error)

func (ask selecting[Q, R]) read(ctx context.Context, _ *projection.Session, q *Question) (any, error) {
	out, err := ask(ctx, q.SQL, *q.In.(*Q))
	return &out, err
}
