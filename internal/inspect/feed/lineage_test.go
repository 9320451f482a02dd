package feed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/internal/inspect/feed"
)

// lineage is a stream whose shard b, open at first, ends in c; a ended before. DynamoDB Local has one shard only.
type lineage struct {
	mu        sync.Mutex
	described int
	iterators []string // that were asked for
}

func record(operation string, version int, sequence string) map[string]any {
	return map[string]any{"eventName": operation,
		"dynamodb": map[string]any{"SequenceNumber": sequence, "NewImage": map[string]any{
			"stream": map[string]string{"S": "Note#a"}, "version": map[string]string{"N": fmt.Sprint(version)},
			"count": map[string]string{"N": "1"},
			"id":    map[string]string{"S": "x"}, "at": map[string]string{"S": "2026-01-31T12:00:00.000000Z"},
			"hash": map[string]string{"B": "AA=="},
			"events": map[string]any{"L": []any{map[string]any{"M": map[string]any{
				"type": map[string]string{"S": "Noted"}, "schema": map[string]string{"N": "1"},
				"data": map[string]string{"S": "{}"},
			}}}},
		}}}
}

func shard(id, parent string, closed bool) map[string]any {
	numbers := map[string]any{"StartingSequenceNumber": "1"}
	if closed {
		numbers["EndingSequenceNumber"] = "9"
	}
	return map[string]any{"ShardId": id, "ParentShardId": parent, "SequenceNumberRange": numbers}
}

// ServeHTTP answers as DynamoDB and DynamoDB Streams do.
func (l *lineage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var in struct {
		ShardID                                          string `json:"ShardId"`
		ShardIteratorType, SequenceNumber, ShardIterator string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch operation + " " + in.ShardIterator {
	case "DescribeTable ":
		answer(map[string]any{
			"Table": map[string]string{"LatestStreamArn": "arn:aws:dynamodb:us-east-1:1:table/t/stream/2026-01-31T12:00:00.000"},
		})
	case "DescribeStream ":
		if l.described++; l.described == 1 {
			answer(map[string]any{"StreamDescription": map[string]any{
				"Shards": []any{shard("shard-a", "", true)}, "LastEvaluatedShardId": "shard-a",
			}})
			return
		}
		second := []any{shard("shard-b", "shard-a", l.described > 2)}
		if l.described > 2 {
			second = append([]any{shard("shard-a", "", true)}, second[0], shard("shard-c", "shard-b", false))
		}
		answer(map[string]any{"StreamDescription": map[string]any{"Shards": second}})
	case "GetShardIterator ":
		it := strings.TrimSpace(in.ShardID + " " + in.ShardIteratorType + " " + in.SequenceNumber)
		l.iterators = append(l.iterators, it)
		answer(map[string]string{"ShardIterator": it})
	case "GetRecords shard-b LATEST":
		answer(map[string]any{"Records": []any{record("INSERT", 1, "101")}, "NextShardIterator": "old"})
	case "GetRecords old":
		w.WriteHeader(http.StatusBadRequest)
		answer(map[string]string{
			"__type": "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException", "message": "it is old",
		})
	case "GetRecords shard-b AFTER_SEQUENCE_NUMBER 101":
		answer(map[string]any{"Records": []any{record("MODIFY", 1, "102")}})
	case "GetRecords shard-c TRIM_HORIZON":
		answer(map[string]any{"Records": []any{record("INSERT", 2, "103")}, "NextShardIterator": "more"})
	case "GetRecords more":
		broken := record("INSERT", 3, "104")
		delete(broken["dynamodb"].(map[string]any)["NewImage"].(map[string]any), "events")
		answer(map[string]any{"Records": []any{broken}, "NextShardIterator": "more"})
	default:
		http.Error(w, operation+" "+in.ShardIterator, http.StatusNotFound)
	}
}

// TestLineage: where a shard ends, the one that follows is read from its beginning; an iterator that grew old is
// replaced at its place; what is no new commit is passed over; a commit that can't be read is an error.
func TestLineage(t *testing.T) {
	t.Parallel()
	var l lineage
	server := httptest.NewServer(&l)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	tables := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.BaseEndpoint = &server.URL })
	var versions []int64
	var failed error
	for c, err := range feed.New(tables, cfg, "t", feed.Config{Every: time.Millisecond}).Commits(t.Context()) {
		if failed = err; err == nil {
			versions = append(versions, c.Version)
		}
	}
	if !slices.Equal(versions, []int64{1, 2}) || failed == nil ||
		!strings.Contains(failed.Error(), "Note#a@3 is corrupt") {
		t.Errorf("versions %v, error %v; want 1 and 2, and Note#a@3 corrupt", versions, failed)
	}
	want := []string{"shard-b LATEST", "shard-b AFTER_SEQUENCE_NUMBER 101", "shard-c TRIM_HORIZON"}
	if !slices.Equal(l.iterators, want) {
		t.Errorf("iterators %q, want %q", l.iterators, want)
	}
}
