package feed_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/inspect/feed"
)

// own are the endpoints of services, by their ids.
type own map[string]string

func (o own) GetServiceBaseEndpoint(_ context.Context, id string) (string, bool, error) {
	address, found := o[id]
	return address, found, nil
}

// TestEndpoint: a stream is where its table is, unless the streams have an endpoint of their own.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, `{"__type":"ResourceNotFoundException"}`, http.StatusBadRequest)
	}))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(&lineage{})
	t.Cleanup(server.Close)
	for name, test := range map[string]struct {
		own  own
		all  string
		want bool // it is asked elsewhere
	}{
		"where the table is":                    {nil, "", false},
		"even if other services are elsewhere":  {nil, elsewhere.URL, false},
		"the tables' own is none of the stream": {own{"DynamoDB": server.URL}, elsewhere.URL, false},
		"their own":                             {own{"DynamoDB Streams": elsewhere.URL}, "", true},
	} {
		asked.Store(0)
		cfg := aws.Config{
			Region:        "us-east-1",
			Credentials:   credentials.NewStaticCredentialsProvider("local", "local", ""),
			ConfigSources: []any{test.own},
		}
		if test.all != "" {
			cfg.BaseEndpoint = &test.all
		}
		tables := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &server.URL })
		for _, err := range feed.New(tables, cfg, "t", feed.Config{Every: 1}).Commits(t.Context()) {
			if err != nil && strings.Contains(err.Error(), "ResourceNotFoundException") != test.want {
				t.Errorf("follow with %s: %v", name, err)
			}
		}
		if got := asked.Load() > 0; got != test.want {
			t.Errorf("%s: the other endpoint was asked: %t, want %t", name, got, test.want)
		}
	}
}
