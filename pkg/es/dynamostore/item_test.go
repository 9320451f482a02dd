package dynamostore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func packed(t *testing.T, payload string) types.AttributeValue {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &types.AttributeValueMemberB{Value: w.EncodeAll([]byte(payload), nil)}
}

// TestDecodeCorrupt: the error of a corrupt item names the item and the attribute.
func TestDecodeCorrupt(t *testing.T) {
	t.Parallel()
	one := types.AttributeValueMemberM{Value: dynamostore.Item{
		"type": text("Noted"), "schema": &types.AttributeValueMemberN{Value: "1"}, "data": text("{}"),
	}}
	events := func(of ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: of} }
	good := func() dynamostore.Item {
		return dynamostore.Item{
			"stream": text("Account#1"), "version": &types.AttributeValueMemberN{Value: "3"}, "id": text("id"),
			"count": &types.AttributeValueMemberN{Value: "1"}, "at": text("2026-01-31T12:00:00.000000Z"), "events": events(&one),
		}
	}
	if c, err := dynamostore.Decode(good()); err != nil || c.Version != 3 || len(c.Events) != 1 {
		t.Fatalf("decode a good item: %+v, %v, want version 3 with one event", c, err)
	}
	for _, test := range []struct {
		name, attribute string
		value           types.AttributeValue
	}{
		{"no stream", "stream", text("Account")},
		{"stream of another type", "stream", &types.AttributeValueMemberN{Value: "1"}},
		{"version zero", "version", &types.AttributeValueMemberN{Value: "0"}},
		{"version not whole", "version", &types.AttributeValueMemberN{Value: "1.5"}},
		{"bad time", "at", text("yesterday")},
		{"wrong count", "count", &types.AttributeValueMemberN{Value: "2"}},
		{"no events", "count", nil},
		{"event not a map", "events", events(text("x"))},
		{"event without a type", "events", events(&types.AttributeValueMemberM{})},
		{"meta not a map", "meta", text("x")},
		{"bad occurredAt", "meta", &types.AttributeValueMemberM{Value: dynamostore.Item{"occurredAt": text("x")}}},
		{
			"bad command", "command",
			&types.AttributeValueMemberM{Value: dynamostore.Item{"id": &types.AttributeValueMemberNULL{}}},
		},
		{"bad sibling", "siblings", events(&types.AttributeValueMemberM{Value: dynamostore.Item{"stream": text("x")}})},
		{"hash as text", "hash", text("x")},
		{"not zstd", "zdata", &types.AttributeValueMemberB{Value: []byte("x")}},
		{"payloads end early", "zdata", packed(t, "\x00\x00\x00\x05{}")},
		{"payloads are missing", "zdata", packed(t, "")},
		{"payloads go on", "zdata", packed(t, "\x00\x00\x00\x02{}more")},
		{"a bomb", "zdata", packed(t, strings.Repeat("x", 32<<20))},
	} {
		item := good()
		item[test.attribute] = test.value
		if test.value == nil {
			delete(item, "events")
		}
		_, err := dynamostore.Decode(item)
		var corrupt *es.CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), `"`+test.attribute+`"`) {
			t.Errorf("%s: %v, want a corrupt item that names %q", test.name, err, test.attribute)
		}
	}
}
