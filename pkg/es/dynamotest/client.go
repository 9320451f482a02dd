package dynamotest

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Client returns a client of the DynamoDB Local at Endpoint. Options of the client can be changed with further
// functions.
func Client(t testing.TB, more ...func(*dynamodb.Options)) *dynamodb.Client {
	t.Helper()
	return client(Endpoint(t), more...)
}

// ForExample is Client for examples, which have no test. It panics if DynamoDB Local is missing.
func ForExample() *dynamodb.Client {
	endpoint, err := shared()
	if err != nil {
		panic(err)
	}
	return client(endpoint)
}

func client(endpoint string, more ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
		HTTPClient:   httpClient,
		// Errors have no checksum, and the SDK would warn about each: https://github.com/aws/aws-sdk-go-v2/issues/3545.
		DisableValidateResponseChecksum: true,
	}, more...)
}

// httpClient keeps a connection for each concurrent writer of a test; the default keeps two.
var httpClient = &http.Client{Transport: &http.Transport{
	DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	MaxIdleConns:        0,
	MaxIdleConnsPerHost: 256,
	// DynamoDB Local closes idle connections after 30 s. A request on a closed connection is repeated and counted twice.
	IdleConnTimeout: 20 * time.Second,
}}
