package functions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
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
	o, err := s.Operator(projection.RebuildConfig{})
	if err != nil {
		t.Fatal(err)
	}
	readModels, reactions, err := o.Reconcile(t.Context())
	if err != nil || readModels.Streams != 1 || readModels.Healed == 0 || readModels.Unreadable != 4 || reactions.Unreadable != 4 {
		t.Errorf("%+v, %+v, %v", readModels, reactions, err)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
	if log := s.log.String(); strings.Contains(log, secret) {
		t.Errorf("logged %s", log)
	}
}

// TestRebuildGoesPastWhatNamesNoStream: a generation can be built of a table that holds such items.
func TestRebuildGoesPastWhatNamesNoStream(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	s.project(t)
	s.strangeItem(t, "Account#", "1")
	o, err := s.Operator(projection.RebuildConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.Rebuilder.Run(t.Context(), "accounts", nil); err != nil {
		t.Error(err)
	}
	s.query(t, "GET /accounts/a-1", `{"version":1}`)
}
