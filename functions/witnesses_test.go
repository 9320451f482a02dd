package functions_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/verify"
)

// TestRemovedTail: the last commit of a stream is gone, which its chain of hashes can't show; checkpoints and snapshot do.
func TestRemovedTail(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.ok(t, "POST /accounts", opened)
	for range 99 {
		s.ok(t, "POST /accounts/a-1/deposits", usd5)
	}
	s.project(t) // with a snapshot at version 100
	check := func() *verify.Report {
		t.Helper()
		witnesses, err := s.Witnesses(t.Context())
		if err != nil || len(witnesses) != 2 { // a snapshot, the account's document
			t.Fatalf("%d witnesses: %v", len(witnesses), err)
		}
		report, err := verify.Store(t.Context(), s.events(t), verify.Config{Witnesses: witnesses})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := check(); len(report.Findings) > 0 {
		t.Fatalf("nothing was changed, found %v", report.Findings)
	}
	_, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: new(s.Tables["events"]),
		Key: map[string]types.AttributeValue{
			"stream": &types.AttributeValueMemberS{Value: "Account#a-1"}, "version": &types.AttributeValueMemberN{Value: "100"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, f := range check().Findings {
		if f.Stream.String() != "Account#a-1" {
			t.Errorf("found %v", f)
		}
		sources = append(sources, f.Detail)
	}
	for _, source := range []string{"snapshot", "checkpoint of accounts"} {
		if !strings.Contains(strings.Join(sources, "\n"), source) {
			t.Errorf("%s did not tell: %v", source, sources)
		}
	}
}
