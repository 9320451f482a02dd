package functions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// strangeItem puts an item into the event table that no store wrote: its key is all it has, but for a secret.
func (s *service) strangeItem(t *testing.T, stream, version string) {
	t.Helper()
	name := s.Tables.Of(annalsaws.Events)
	_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &name, Item: map[string]types.AttributeValue{
		"stream":  &types.AttributeValueMemberS{Value: stream},
		"version": &types.AttributeValueMemberN{Value: version},
		"note":    &types.AttributeValueMemberS{Value: secret},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestReconcileGoesPastWhatNamesNoStream: items that no stream can have are counted, and hold up no other.
func TestReconcileGoesPastWhatNamesNoStream(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.anHourAgo(t)
	s.strangeItem(t, "Account#", "1")
	s.strangeItem(t, "Account", "1")
	s.strangeItem(t, "#a", "1")
	s.strangeItem(t, "Account#zero", "0")
	s.ok(t, "POST /accounts", opened)
	if found := reconciled(t, s.projector); found.Streams != 1 || found.Healed == 0 || found.Unreadable != 4 {
		t.Errorf("reconcile with nameless records: %+v, want 1 stream, healed, and 4 unreadable items", found)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
	if log := s.log.String(); strings.Contains(log, secret) {
		t.Errorf("log has a payload: %s", log)
	}
}

// TestRebuildGoesPastWhatNamesNoStream: a generation can be built of a table that holds such items.
func TestRebuildGoesPastWhatNamesNoStream(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.project(t)
	s.strangeItem(t, "Account#", "1")
	s.rebuilt(t, "accounts")
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}
