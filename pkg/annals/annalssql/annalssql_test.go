package annalssql

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/internal/pgtest"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es"
)

func one(row annals.SQLRow) (n int, err error) { return n, row.Scan(&n) }

// TestQueries: rows are read, an empty answer is an empty list, a mistake in a query is none of the database's, and a
// database that does not answer is unavailable, also in the middle of an answer.
func TestQueries(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	to := tables{pool}
	got, err := annals.Select(t.Context(), to, one, "SELECT n FROM generate_series(1, $1) n", 3)
	if err != nil || len(got) != 3 {
		t.Errorf("three rows: %v, %v", got, err)
	}
	if none, err := annals.Select(t.Context(), to, one, "SELECT 1 WHERE false"); err != nil || none == nil || len(none) != 0 {
		t.Errorf("no row: %v, %v, want an empty list", none, err)
	}
	for _, query := range []string{"SELECT nothing", "SELECT 1/n FROM generate_series(-1, 1) n", "SELECT 'x'"} {
		if _, err := annals.Select(t.Context(), to, one, query); err == nil || errors.Is(err, es.ErrUnavailable) {
			t.Errorf("%s: %v, want an error that is no outage", query, err)
		}
	}
	slow := "SELECT n FROM generate_series(1, 1000000) n WHERE n < 100 OR pg_terminate_backend(pg_backend_pid())"
	if _, err := annals.Select(t.Context(), to, one, slow); !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("a connection that ends: %v, want ErrUnavailable", err)
	}
	away, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	if _, err := annals.Select(t.Context(), tables{away}, one, "SELECT 1"); !errors.Is(err, es.ErrUnavailable) {
		t.Errorf("no database: %v, want ErrUnavailable", err)
	}
}

// TestOpen: the address comes from the environment, the local runner's first. It connects to nothing.
func TestOpen(t *testing.T) {
	t.Parallel()
	url, endpoint := "postgres://u:p@db.example/x", "abc.dsql.eu-central-1.on.aws"
	for _, test := range []struct {
		env        map[string]string
		host, user string
	}{
		{map[string]string{annalsaws.SQLURLEnv: url}, "db.example", "u"},
		{map[string]string{annalsaws.SQLEndpointEnv: endpoint}, endpoint, "admin"},
		{map[string]string{annalsaws.SQLURLEnv: url, annalsaws.SQLEndpointEnv: endpoint}, "db.example", "u"},
		{map[string]string{}, "", ""},
		{map[string]string{annalsaws.SQLURLEnv: "::"}, "", ""},
	} {
		opened, err := Open(annalslambda.Deployment{}, func(env string) string { return test.env[env] })
		if test.host == "" {
			if err == nil {
				t.Errorf("with %v it opens, want an error", test.env)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		pool := opened.SQL.(tables).pool
		defer pool.Close()
		if c := pool.Config().ConnConfig; c.Host != test.host || c.User != test.user {
			t.Errorf("with %v it connects to %s as %s", test.env, c.Host, c.User)
		}
	}
}
