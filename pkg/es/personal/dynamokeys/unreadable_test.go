package dynamokeys_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
)

type item = map[string]types.AttributeValue

func text(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func numeral(v string) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: v}
}
func binary(v []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: v} }
func yes() types.AttributeValue            { return &types.AttributeValueMemberBOOL{Value: true} }

// TestUnreadableKeys: an item that can't be read is an error that names subject and attribute, and never the secret.
func TestUnreadableKeys(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	keys, table := open(t)
	secret := strings.Repeat("s3cret: ", 4)
	for name, test := range map[string]struct {
		attribute string
		change    func(item)
		listed    bool // Subjects reads the attribute, too
	}{
		"no number":            {"number", func(i item) { delete(i, "number") }, true},
		"a number as text":     {"number", func(i item) { i["number"] = text("1") }, true},
		"number 0":             {"number", func(i item) { i["number"] = numeral("0") }, true},
		"a fraction":           {"number", func(i item) { i["number"] = numeral("1.5") }, true},
		"no time":              {"at", func(i item) { delete(i, "at") }, true},
		"another time":         {"at", func(i item) { i["at"] = text("yesterday") }, true},
		"a time as number":     {"at", func(i item) { i["at"] = numeral("1") }, true},
		"forgotten as text":    {"forgotten", func(i item) { i["forgotten"] = text("true") }, true},
		"no secret":            {"secret", func(i item) { delete(i, "secret") }, false},
		"a secret as text":     {"secret", func(i item) { i["secret"] = text(secret) }, false},
		"a short secret":       {"secret", func(i item) { i["secret"] = binary([]byte(secret[1:])) }, false},
		"a long secret":        {"secret", func(i item) { i["secret"] = binary([]byte(secret + "x")) }, false},
		"tombstone and secret": {"secret", func(i item) { i["forgotten"] = yes() }, false},
	} {
		stored := item{
			"subject": text(name), "about": text("key"), "number": numeral("1"), "at": text("2026-01-31T12:00:00.000000Z"),
			"secret": binary([]byte(secret)),
		}
		test.change(stored)
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: stored}); err != nil {
			t.Fatal(err)
		}
		errs := map[string]error{}
		_, errs["Load"] = keys.Load(t.Context(), name)
		_, errs["Load of two"] = keys.Load(t.Context(), "nobody", name)
		_, errs["Create"] = keys.Create(t.Context(), key(name, 1))
		if test.listed {
			for _, err := range keys.Subjects(t.Context()) {
				errs["Subjects"] = err
			}
		}
		for method, err := range errs {
			var unreadable *personal.KeyError
			if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), "key of subject "+name+`: the stored item's attribute "`+test.attribute+`"`) ||
				strings.Contains(err.Error(), secret[1:10]) {
				t.Errorf("%s: %s: %v; want an error of attribute %q", name, method, err, test.attribute)
			}
		}
		_, _ = keys.Forget(t.Context(), name, noon) // other attributes may stay unreadable
		rest, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
		if err != nil || len(rest.Items) != 1 {
			t.Fatalf("%d items, %v", len(rest.Items), err)
		}
		if _, is := rest.Items[0]["secret"]; is {
			t.Errorf("%s: the secret is still stored after Forget", name)
		}
		where := item{"subject": text(name), "about": text("key")}
		if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: where}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnreadableNotes(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	keys, table := open(t)
	for name, test := range map[string]struct {
		attribute string
		note      item
	}{
		"no name":             {"stream", item{"about": text("stream~x")}},
		"a name as number":    {"stream", item{"about": text("stream~x"), "stream": numeral("1")}},
		"another name's hash": {"stream", item{"about": text("stream~x"), "stream": text("Order#1")}},
		"no type":             {"about", item{"about": text("stream##1")}},
		"no id":               {"about", item{"about": text("stream#Order")}},
		"another kind":        {"about", item{"about": text("stream/1")}},
	} {
		test.note["subject"] = text(name)
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: test.note}); err != nil {
			t.Fatal(err)
		}
		var failed error
		for stream, err := range keys.Streams(t.Context(), name) {
			if failed = err; err == nil {
				t.Errorf("%s: it was read as %s", name, stream)
			}
		}
		if failed == nil || !strings.Contains(failed.Error(), "key of subject "+name+`: the stored item's attribute "`+test.attribute+`"`) {
			t.Errorf("%s: %v; want an error of attribute %q", name, failed, test.attribute)
		}
	}
}
