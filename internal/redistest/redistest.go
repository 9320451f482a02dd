// Package redistest gives tests a real Valkey or Redis: one server per test binary, and an empty database for each test
// that asks for one. Start with [URL].
//
// If neither is installed, tests fail with an error that says what to install.
package redistest

import (
	"context"
	"sync"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/local/redis"
)

// URL returns the address of a database that no other test has, such as redis://127.0.0.1:20000/7. It is emptied when
// the test ends. Scripts, functions and channels are the server's, so all tests of the binary share them.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case db := <-s.free:
		t.Cleanup(func() { s.release(t, db) })
		return s.server.URL(db)
	default:
		t.Fatalf("all %d databases are taken: fewer tests beside each other", redis.Databases)
		return ""
	}
}

// instance is a test binary's server.
type instance struct {
	server *redis.Server
	free   chan int // databases
}

var shared = sync.OnceValues(func() (*instance, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// No explicit stop: the server ends with the test binary.
	server, err := redis.Start(ctx, redis.Config{})
	if err != nil {
		return nil, err
	}
	free := make(chan int, redis.Databases)
	for db := range redis.Databases {
		free <- db
	}
	return &instance{server, free}, nil
})

// release empties a database and gives it to a later test.
func (s *instance) release(t testing.TB, db int) {
	t.Helper()
	options, err := client.ParseURL(s.server.URL(db))
	if err != nil {
		t.Fatal(err)
	}
	c := client.NewClient(options)
	defer c.Close()
	// The test's own context has already ended.
	if err := c.FlushDB(context.Background()).Err(); err != nil {
		t.Errorf("empty database %d: %v", db, err)
		return // the database stays taken
	}
	s.free <- db
}
