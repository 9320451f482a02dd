// Package dynamotest gives tests a real DynamoDB Local: one in-memory server a test binary, and fresh tables a test.
package dynamotest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// Endpoint is the address of the test binary's server, started by the first test that asks; or of the one that the
// environment names in DYNAMODB_ENDPOINT. Where DynamoDB Local was not brought, the test fails.
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
	root, err := dynamolocal.Root()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	// Nobody stops it: it ends with the test binary.
	server, err := dynamolocal.Start(ctx, dynamolocal.Options{Dir: dynamolocal.Dir(root)})
	if err != nil {
		return "", err
	}
	return server.Endpoint, nil
})
