package functions_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
)

// shelf is a bucket in memory.
type shelf struct {
	objects map[string][]byte
	fail    error
	puts    int
}

func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func (b *shelf) Put(_ context.Context, key string, content []byte) error {
	if b.fail == nil {
		b.puts++
		b.objects[key] = content
	}
	return b.fail
}

func (b *shelf) Get(_ context.Context, key string) ([]byte, error) {
	if content, there := b.objects[key]; there {
		return content, b.fail
	}
	return nil, http.ErrMissingFile
}

func (b *shelf) List(_ context.Context, prefix string) ([]string, bool, error) {
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(b.objects)), func(key string) bool {
		return !strings.HasPrefix(key, prefix)
	})
	return keys, false, b.fail
}

func (b *shelf) Location(key string) string { return "s3://shelf/" + key }

// only is the one record that was set aside.
func (b *shelf) only(t *testing.T) (key string, kept annalslambda.Unreadable) {
	t.Helper()
	for key = range b.objects {
		if err := json.Unmarshal(b.objects[key], &kept); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.objects) != 1 || !strings.HasPrefix(key, annalsaws.UnreadablePrefix) {
		t.Fatalf("objects: %v, want one below the prefix of unreadable records", slices.Sorted(maps.Keys(b.objects)))
	}
	return key, kept
}

// TestRecordThatNamesNoStreamIsSetAside: it is kept whole, counted, told once without its payload, and holds up
// nothing. The same record that comes again is the same object; what S3 tells of it makes no job.
func TestRecordThatNamesNoStreamIsSetAside(t *testing.T) {
	t.Parallel()
	for _, key := range []struct{ stream, version, why string }{
		{"Account#", "1", "type and id must not be empty"},
		{"Account", "1", "want Type#id"},
		{"Account#a", "0", "whole numbers from 1"},
		{"Account#a", "1.5", "whole numbers from 1"},
	} {
		t.Run(key.stream+"@"+key.version, func(t *testing.T) {
			t.Parallel()
			s, take := measuredService(t)
			kept := newShelf()
			s.ProjectorFailures = kept
			s.build(t)
			s.ok(t, "POST /accounts", opened)
			s.strangeItem(t, key.stream, key.version)
			batch := s.records(t)
			take()
			for range 2 {
				if failed := s.deliver(t, batch...); len(failed) > 0 {
					t.Errorf("items that failed: %v, want none", failed)
				}
			}
			s.query(t, "GET /accounts/a-1", `{"version":1}`)
			object, found := kept.only(t)
			text := string(kept.objects[object])
			if found.Stream != key.stream || found.Version != key.version || !strings.Contains(found.Why, key.why) ||
				found.Since.Year() != 2023 || !strings.Contains(text, secret) || found.Record.Change.SequenceNumber == "" {
				t.Errorf("object of an unreadable record: %s", text)
			}
			if counted := take()[""]["UnreadableRecords"]; counted != 2 {
				t.Errorf("counted %v, want each delivery", counted)
			}
			log := s.log.String()
			if strings.Count(log, "can't be read") != 2 || !strings.Contains(log, `"commit":"`+key.stream+"@"+key.version+`"`) ||
				!strings.Contains(log, `"setAside":"`+object) || strings.Contains(log, secret) {
				t.Errorf("log: %s, want two records with their keys and objects, and no payload", log)
			}
			out, err := s.projector.HandleJobs(t.Context(), events.SQSEvent{Records: []events.SQSMessage{told("m", object)}})
			if err != nil || len(out.BatchItemFailures) > 0 {
				t.Errorf("S3's message failed: %+v, %v", out, err)
			}
		})
	}
}

// TestRecordIsNotLostWithoutABucket: where a record can't be set aside, it fails its batch, and all else of it is done.
func TestRecordIsNotLostWithoutABucket(t *testing.T) {
	t.Parallel()
	s, take := measuredService(t)
	s.ok(t, "POST /accounts", opened)
	s.strangeItem(t, "Account#", "1")
	strange := numbered(of(s.records(t), "Account#"), "70")
	batch := slices.Concat(strange, numbered(of(s.records(t), "Account#a-1"), "71"))
	for _, bucket := range []annalslambda.Bucket{nil, &shelf{fail: errors.New("503 Slow Down")}} {
		s.ProjectorFailures = bucket
		s.build(t)
		take()
		if failed := s.deliver(t, batch...); !slices.Equal(failed, []string{"70"}) {
			t.Errorf("items that failed: %v, want 70", failed)
		}
		if counted, there := take()[""]["UnreadableRecords"]; there {
			t.Errorf("metric UnreadableRecords: %v, want none", counted)
		}
		s.query(t, "GET /accounts/a-1", `{"version":1}`)
	}
	if log := s.log.String(); !strings.Contains(log, "has no bucket") || !strings.Contains(log, "503 Slow Down") {
		t.Errorf("log: %s, want the missing bucket and the status 503", log)
	}
}

// TestUnreadableImage: where the stream can't be caught up either, an outage fails the batch, and all else sets the
// record aside.
func TestUnreadableImage(t *testing.T) {
	t.Parallel()
	s := newService(t)
	kept := newShelf()
	s.ProjectorFailures = kept
	s.ok(t, "POST /accounts", opened)
	records := numbered(s.records(t), "7")
	records[0]["dynamodb"].(map[string]any)["NewImage"].(map[string]any)["at"] = map[string]any{"S": secret}
	answer := func(code string) {
		s.through(t, func([]byte) (*http.Response, error) {
			return respond(http.StatusBadRequest,
				[]byte(`{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"m"}`)), nil
		})
	}
	answer("ThrottlingException")
	if failed := s.deliver(t, records...); !slices.Equal(failed, []string{"7"}) || len(kept.objects) > 0 {
		t.Errorf("throttled: failed %v, kept %d", failed, len(kept.objects))
	}
	answer("AccessDeniedException")
	if failed := s.deliver(t, records...); len(failed) > 0 {
		t.Errorf("deliver while the bucket is denied: items that failed: %v, want none", failed)
	}
	if _, found := kept.only(t); found.Stream != "Account#a-1" || !strings.Contains(found.Why, "AccessDenied") ||
		strings.Contains(found.Why, secret) {
		t.Errorf("record that was kept: %+v, want Account#a-1 with AccessDenied and no payload", found)
	}
	if log := s.log.String(); strings.Contains(log, secret) {
		t.Errorf("log has a payload: %s", log)
	}
}

// TestReactorSetsAside: the reactor has a bucket of its own.
func TestReactorSetsAside(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.withReactions(t)
	kept := newShelf()
	s.ReactorFailures = kept
	s.strangeItem(t, "Order#", "1")
	s.projector = s.reactor(t)
	if failed := s.deliver(t, s.records(t)...); len(failed) > 0 {
		t.Errorf("items that failed: %v, want none", failed)
	}
	if _, found := kept.only(t); found.Stream != "Order#" {
		t.Errorf("record that was kept: %+v, want Order#", found)
	}
}
