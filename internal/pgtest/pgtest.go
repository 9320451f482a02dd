// Package pgtest gives tests a real PostgreSQL: one server per test binary, and a new database for each test that asks
// for one. Start with [Pool].
//
// If PostgreSQL is missing, tests fail with an error that says what to install.
package pgtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/annals-es/annals/local/postgres"
)

// Pool creates a database, and drops it when the test ends. It returns connections to the database, which the test must
// have released by then. Their user owns the database and is no superuser.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := s.admin.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has already ended.
		if _, err := s.admin.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database %s: %v", name, err)
		}
	})
	pool, err := pgxpool.New(t.Context(), s.server.URL(name))
	if err != nil {
		t.Fatalf("connect to database %s: %v", name, err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// instance is a test binary's server.
type instance struct {
	server *postgres.Server
	admin  *pgxpool.Pool // creates and drops databases
}

var shared = sync.OnceValues(func() (*instance, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// No explicit stop: the server and its data end with the test binary.
	server, err := postgres.Start(ctx, postgres.Config{})
	if err != nil {
		return nil, err
	}
	admin, err := pgxpool.New(ctx, server.URL("annals"))
	if err != nil {
		return nil, err
	}
	return &instance{server, admin}, nil
})
