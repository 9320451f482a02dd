package feed_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/annals-es/annals/internal/inspect/feed"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func names(commits []es.Commit) string {
	var all []string
	for _, c := range commits {
		all = append(all, fmt.Sprintf("%s@%d", c.Stream.ID, c.Version))
	}
	return strings.Join(all, " ")
}

// broken is a record of a commit without events.
func broken(stream string, minute int) map[string]any {
	out := commit(stream, minute, at(minute))
	delete(out["dynamodb"].(map[string]any)["NewImage"].(map[string]any), "events")
	return out
}

type shards = map[string]fakeShard

type pages = [][]map[string]any

// TestRecent: the newest commits come first, in the order of their times, from as few shards as hold them; a search
// that costs too much finds nothing, says so, and begins with what is stored from now on.
func TestRecent(t *testing.T) {
	t.Parallel()
	many := pages{}
	for range 30 {
		many = append(many, page("N#long", 1, 3))
	}
	for _, test := range []struct {
		name     string
		shards   shards
		budget   feed.Budget
		delay    time.Duration
		most     int
		want     string
		complete bool
		asked    string // iterators, in any order; "" = not looked at
	}{
		{
			name:   "one shard",
			shards: shards{"a": {pages: pages{page("N#x", 1, 3), {}, page("N#x", 4, 6)}}},
			most:   4, want: "x@3 x@4 x@5 x@6", complete: true, asked: "a TRIM_HORIZON",
		},
		{
			name:   "an empty stream",
			shards: shards{"a": {}},
			most:   4, complete: true,
		},
		{
			name: "parents, as far as they are needed",
			shards: shards{
				"a": {closed: true, pages: pages{page("N#x", 1, 5)}},
				"b": {parent: "a", closed: true, pages: pages{page("N#x", 6, 8)}},
				"c": {parent: "b", pages: pages{page("N#x", 9, 10)}},
			},
			most: 4, want: "x@7 x@8 x@9 x@10", complete: true, asked: "b TRIM_HORIZON, c TRIM_HORIZON",
		},
		{
			name: "a parent that is newer than another open shard",
			shards: shards{
				"a": {pages: pages{page("N#old", 1, 9)}}, "b": {closed: true, pages: pages{page("N#new", 20, 22)}},
				"c": {parent: "b"}, // has just been opened
			},
			most: 4, want: "old@9 new@20 new@21 new@22", complete: true,
		},
		{
			name: "a split: the parent of two is read once",
			shards: shards{
				"p": {closed: true, pages: pages{page("N#p", 1, 2)}},
				"l": {parent: "p", pages: pages{page("N#l", 3, 3)}}, "r": {parent: "p", pages: pages{page("N#r", 4, 4)}},
			},
			most: 9, want: "p@1 p@2 l@3 r@4", complete: true, asked: "l TRIM_HORIZON, p TRIM_HORIZON, r TRIM_HORIZON",
		},
		{
			name: "a parent that DynamoDB has forgotten",
			shards: shards{
				"a": {closed: true, fails: "TrimmedDataAccessException"}, "b": {parent: "a", pages: pages{page("N#x", 1, 1)}},
			},
			most: 9, want: "x@1", complete: true,
		},
		{
			name:   "a commit that can't be read",
			shards: shards{"a": {pages: pages{{broken("N#x", 1), commit("N#x", 2, at(2)), broken("N#x", 3)}}}},
			most:   9, want: "x@2", complete: true,
		},
		{
			name:   "a busy shard",
			shards: shards{"a": {pages: pages{page("N#x", 1, 2)}, busy: true}},
			most:   2, want: "x@2 1@1", complete: true,
		},
		{
			name:   "too many requests",
			shards: shards{"a": {pages: many}}, budget: feed.Budget{Requests: 10},
			most: 4, asked: "a LATEST, a TRIM_HORIZON",
		},
		{
			name:   "too many shards",
			shards: shards{"a": {}, "b": {}, "c": {}}, budget: feed.Budget{Requests: 10},
			most: 4, asked: "a LATEST, b LATEST, c LATEST",
		},
		{
			name: "too many requests for the parents",
			shards: shards{
				"a": {closed: true, pages: many}, "b": {parent: "a", pages: pages{page("N#x", 4, 5)}},
			},
			budget: feed.Budget{Requests: 10}, most: 9, want: "x@4 x@5", complete: false,
		},
		{
			name:   "too much time",
			shards: shards{"a": {pages: many}}, budget: feed.Budget{Time: 50 * time.Millisecond}, delay: 20 * time.Millisecond,
			most: 4, asked: "a LATEST, a TRIM_HORIZON",
		},
		{
			name:   "a stream that is throttled",
			shards: shards{"a": {fails: "LimitExceededException"}},
			most:   4, asked: "a LATEST, a TRIM_HORIZON",
		},
		{
			name:   "no past is wanted",
			shards: shards{"a": {pages: pages{page("N#x", 1, 3)}}},
			most:   0, complete: true, asked: "a LATEST",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := &fakeStream{shards: test.shards, delay: test.delay}
			got, err := f.feed(t, test.budget).Recent(t.Context(), test.most)
			if err != nil {
				t.Fatal(err)
			}
			if names(got.Commits) != test.want || got.Complete != test.complete {
				t.Errorf("found %q, complete %v; want %q, %v", names(got.Commits), got.Complete, test.want, test.complete)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			slices.Sort(f.asked)
			if asked := strings.Join(f.asked, ", "); test.asked != "" && asked != test.asked {
				t.Errorf("asked for %s, want %s", asked, test.asked)
			}
		})
	}
}

// TestRecentFails: what is not a matter of the budget is an error.
func TestRecentFails(t *testing.T) {
	t.Parallel()
	f := &fakeStream{shards: shards{"a": {fails: "AccessDeniedException"}}}
	if _, err := f.feed(t, feed.Budget{}).Recent(t.Context(), 3); err == nil ||
		!strings.Contains(err.Error(), "follow table t: ") {
		t.Errorf("recent commits of a table without a stream: %v, want an error that names the table", err)
	}
}

// TestRecentThen: what comes next follows without a gap, also where a shard ends while the past is read.
func TestRecentThen(t *testing.T) {
	t.Parallel()
	f := &fakeStream{
		shards: shards{"a": {ends: true, pages: pages{page("N#x", 1, 3)}}},
		later:  shards{"a": {closed: true}, "b": {parent: "a", pages: pages{page("N#x", 4, 5)}}},
	}
	got, err := f.feed(t, feed.Budget{}).Recent(t.Context(), 2)
	if err != nil || names(got.Commits) != "x@2 x@3" {
		t.Fatalf("recent commits: %q, %v, want x@2 x@3", names(got.Commits), err)
	}
	var then []es.Commit
	for c, err := range got.Then {
		if err != nil {
			t.Fatal(err)
		}
		if then = append(then, c); len(then) == 2 {
			break
		}
	}
	if names(then) != "x@4 x@5" {
		t.Errorf("commits after the recent ones: %q, want x@4 x@5", names(then))
	}
}

// TestRecentOfTable: a real stream tells the newest commits, and then each that is stored, once.
func TestRecentOfTable(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	table := dynamotest.Table(t, client, dynamostore.EventsTable)
	store, err := dynamostore.New(client, table, dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	put := func(id string) {
		t.Helper()
		events := []es.RawEvent{{Type: "Noted", Schema: 1, Data: json.RawMessage(`{}`)}}
		write := es.Write{Head: store.Empty(es.StreamID{Type: "Note", ID: id}), Events: events}
		if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{write}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"a", "b", "c", "d"} {
		put(id)
	}
	cfg := aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}
	f := feed.New(client, cfg, table, feed.Config{Every: 20 * time.Millisecond, Endpoint: dynamotest.Endpoint(t)})
	got, err := f.Recent(t.Context(), 3)
	for try := 0; err != nil && try < 50; try++ { // DynamoDB Local may refuse to read a stream that is quite new
		time.Sleep(100 * time.Millisecond)
		got, err = f.Recent(t.Context(), 3)
	}
	if err != nil || names(got.Commits) != "b@1 c@1 d@1" || !got.Complete {
		t.Fatalf("recent commits: %q, complete %v, %v; want b@1 c@1 d@1, complete", names(got.Commits), got.Complete, err)
	}
	put("e")
	put("f")
	var then []es.Commit
	for c, err := range got.Then {
		if err != nil {
			t.Fatal(err)
		}
		if then = append(then, c); len(then) == 2 {
			break
		}
	}
	if names(then) != "e@1 f@1" {
		t.Errorf("commits after the recent ones: %q, want e@1 f@1", names(then))
	}
}
