package functions_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

// numbered gives records sequence numbers, in their order.
func numbered(records []record, numbers ...string) []record {
	for i, r := range records {
		change := r["dynamodb"].(map[string]any)
		change["SequenceNumber"] = numbers[i]
	}
	return records
}

// of are the records of one stream.
func of(records []record, stream string) []record {
	return slices.DeleteFunc(slices.Clone(records), func(r record) bool {
		keys := r["dynamodb"].(map[string]any)["Keys"].(map[string]any)
		return keys["stream"].(map[string]any)["S"] != stream
	})
}

// strange stores commits that no read model can fold.
func (s *service) strange(t *testing.T, id, payload string) {
	t.Helper()
	store, err := dynamostore.New(s.client, s.Tables.Of(annalsaws.Events), dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	head := store.Empty(es.StreamID{Type: "Account", ID: id})
	for range 2 {
		stored, err := store.Append(t.Context(), es.Append{Writes: []es.Write{{
			Head: head, Events: []es.RawEvent{{Type: "Strange", Schema: 1, Data: json.RawMessage(payload)}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		head = stored[0].Head
	}
}

const secret = "secret-7"

// TestStrangeStreamsAreParked: what this code does not know waits for code that does; the batch is done.
func TestStrangeStreamsAreParked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts/a-1/deposits", usd5)
	s.strange(t, "x", `{"a":"`+secret+`"}`)
	all := s.records(t)
	good, x := of(all, "Account#a-1"), of(all, "Account#x")
	numbered(good, "1", "3")
	numbered(x, "10", "9")
	if failed := s.deliver(t, slices.Concat(x, good)...); len(failed) > 0 {
		t.Errorf("items that failed: %v, want none", failed)
	}
	s.query(t, "GET /accounts/a-1", `{"balance":{"amount":"15.00"},"version":2}`)
	if log := s.log.String(); !strings.Contains(log, "needs-newer-code") || !strings.Contains(log, "Account#x") ||
		strings.Contains(log, secret) {
		t.Errorf("log: %s, want Account#x parked, and no payload", log)
	}
}

// TestRecordThatCannotBeRead: the stream is read from the event table instead.
func TestRecordThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts", second)
	records := s.records(t)
	numbered(records, "7", "8")
	broken := records[0]["dynamodb"].(map[string]any)
	broken["NewImage"].(map[string]any)["at"] = map[string]any{"S": secret}
	if failed := s.deliver(t, records...); len(failed) > 0 {
		t.Errorf("items that failed: %v, want none", failed)
	}
	keys := broken["Keys"].(map[string]any)["stream"].(map[string]any)["S"].(string)
	if log := s.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, keys+"@1") ||
		strings.Contains(log, secret) {
		t.Errorf("log: %s, want one line with the key and no payload", log)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
	s.query(t, "GET /accounts/a-2", `{"version":1}`)
	broken["Keys"] = map[string]any{}
	if failed := s.deliver(t, records...); !slices.Equal(failed, []string{"7"}) { // it names no stream
		t.Errorf("items that failed: %v, want 7", failed)
	}
}

func TestOnlyInsertsAreProjected(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	r := s.records(t)[0]
	for _, operation := range []string{"MODIFY", "REMOVE"} {
		r["eventName"] = operation
		if failed := s.deliver(t, r); len(failed) > 0 {
			t.Errorf("%s: items that failed: %v, want none", operation, failed)
		}
		if log := s.log.String(); !strings.Contains(log, operation) || !strings.Contains(log, "Account#a-1@1") ||
			strings.Contains(log, "Ada") {
			t.Errorf("%s: log: %s, want the operation and the commit, and no payload", operation, log)
		}
	}
	s.refused(t, "GET /accounts/a-1", "", http.StatusAccepted, "not-yet-projected")
}

// TestTamperingIsCounted: what was changed or removed is counted, and no payload is told.
func TestTamperingIsCounted(t *testing.T) {
	t.Parallel()
	s, take := measuredService(t)
	s.withBus(t)
	s.ok(t, "POST /accounts", opened)
	changed, removed := s.records(t)[0], s.records(t)[0]
	changed["eventName"], removed["eventName"] = "MODIFY", "REMOVE"
	s.projector = s.reactor(t)
	take()
	s.deliver(t, s.records(t)...)
	if counted, there := take()[""]["TamperedCommits"]; there {
		t.Errorf("metric TamperedCommits: %v, want none", counted)
	}
	if failed := s.deliver(t, changed, s.records(t)[0], removed); len(failed) > 0 {
		t.Errorf("items that failed: %v, want none", failed)
	}
	if counted := take()[""]["TamperedCommits"]; counted != 2 {
		t.Errorf("metric TamperedCommits: %v, want 2", counted)
	}
	if log := s.log.String(); !strings.Contains(log, `"operation":"REMOVE","commit":"Account#a-1@1"`) ||
		strings.Contains(log, "Ada") {
		t.Errorf("log: %s, want the removal of the commit, and no payload", log)
	}
}

func TestOutageFailsTheBatch(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.ok(t, "POST /accounts", second)
	text, err := json.Marshal(map[string]any{"Records": numbered(s.records(t), "12", "11")})
	if err != nil {
		t.Fatal(err)
	}
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(text, &batch); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond) // less than the margin
	defer cancel()
	out, err := s.projector.Handle(ctx, batch)
	if err != nil || len(out.BatchItemFailures) != 2 || out.BatchItemFailures[0].ItemIdentifier != "11" {
		t.Errorf("project a batch until its deadline: %+v, %v; want two failed items, the first of them 11", out, err)
	}
	if out, err := s.projector.Handle(t.Context(), batch); err != nil || len(out.BatchItemFailures) != 0 {
		t.Errorf("project the batch again: %+v, %v, want no failed items", out, err)
	}
}

func TestEmptyBatch(t *testing.T) {
	t.Parallel()
	out, err := newService(t).projector.Handle(t.Context(), events.DynamoDBEvent{})
	text, _ := json.Marshal(out)
	if err != nil || string(text) != `{"batchItemFailures":[]}` {
		t.Errorf("answer to an empty batch: %s, %v, want an empty list of failed items", text, err)
	}
}
