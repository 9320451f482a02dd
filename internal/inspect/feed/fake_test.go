package feed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/inspect/feed"
)

// fakeShard is a shard of a fake stream: its pages from the trim horizon on. A closed one ends after the last of them,
// an open one has empty pages then.
type fakeShard struct {
	parent string
	closed bool
	// ends says that it closes while it is read: it was listed as open.
	ends  bool
	pages [][]map[string]any
	// fails is the error of reading it, "" = none.
	fails string
	// busy says that records come as fast as they are read: it has no empty page.
	busy bool
}

// fakeStream answers as DynamoDB and DynamoDB Streams do.
type fakeStream struct {
	mu     sync.Mutex
	shards map[string]fakeShard
	later  map[string]fakeShard // listed from the second time on
	asked  []string
	listed int
	delay  time.Duration
}

func (f *fakeStream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var in struct {
		ShardID                          string `json:"ShardId"`
		ShardIteratorType, ShardIterator string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch operation {
	case "DescribeTable":
		arn := "arn:aws:dynamodb:us-east-1:1:table/t/stream/2026-01-31T12:00:00.000"
		answer(map[string]any{"Table": map[string]string{"LatestStreamArn": arn}})
	case "DescribeStream":
		if f.listed++; f.listed == 2 {
			for id, s := range f.later {
				f.shards[id] = s
			}
		}
		var all []any
		for id, s := range f.shards {
			all = append(all, shard(id, s.parent, s.closed))
		}
		answer(map[string]any{"StreamDescription": map[string]any{"Shards": all}})
	case "GetShardIterator":
		f.asked = append(f.asked, in.ShardID+" "+in.ShardIteratorType)
		answer(map[string]string{"ShardIterator": in.ShardID + " " + in.ShardIteratorType + " 0"})
	case "GetRecords":
		time.Sleep(f.delay)
		f.records(w, in.ShardIterator)
	}
}

func (f *fakeStream) records(w http.ResponseWriter, iterator string) {
	var id, kind string
	var page int
	_, _ = fmt.Sscan(iterator, &id, &kind, &page)
	s := f.shards[id]
	if s.fails != "" {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{
			"__type": "com.amazonaws.dynamodb.v20120810#" + s.fails, "message": "no",
		})
		return
	}
	out := map[string]any{"Records": []any{}}
	if kind == "LATEST" {
		page = len(s.pages)
	}
	if page < len(s.pages) {
		out["Records"] = s.pages[page]
	}
	if s.busy && page >= len(s.pages) {
		out["Records"] = []any{commit(fmt.Sprintf("Busy#%d", page), 1, time.Now())}
	}
	if page+1 < len(s.pages) || !s.closed && !s.ends {
		out["NextShardIterator"] = fmt.Sprint(id, " TRIM_HORIZON ", page+1)
	}
	_ = json.NewEncoder(w).Encode(out)
}

// at is the time of a commit, in minutes.
func at(minute int) time.Time { return time.Date(2026, 1, 31, 12, minute, 0, 0, time.UTC) }

// commit is a stream record of a commit.
func commit(stream string, version int, when time.Time) map[string]any {
	out := record("INSERT", version, fmt.Sprint(version))
	inner := out["dynamodb"].(map[string]any)
	inner["ApproximateCreationDateTime"] = when.Unix()
	image := inner["NewImage"].(map[string]any)
	image["stream"] = map[string]string{"S": stream}
	image["at"] = map[string]string{"S": when.UTC().Format("2006-01-02T15:04:05.000000Z")}
	return out
}

// page is a page of commits of a stream, one a minute.
func page(stream string, from, to int) []map[string]any {
	var all []map[string]any
	for minute := from; minute <= to; minute++ {
		all = append(all, commit(stream, minute, at(minute)))
	}
	return all
}

func (f *fakeStream) feed(t *testing.T, budget feed.Budget) *feed.Feed {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	cfg := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	tables := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &server.URL })
	return feed.New(tables, cfg, "t", feed.Config{Every: time.Millisecond, Endpoint: server.URL, Budget: budget})
}
