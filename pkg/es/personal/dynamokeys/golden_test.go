package dynamokeys_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
)

var update = flag.Bool("update-stored", false, "write the files in testdata/stored instead of comparing them")

var noon = time.Date(2026, 1, 31, 12, 0, 0, 250_000_000, time.UTC)

func key(subject string, number int) personal.Key {
	secret := bytes.Repeat([]byte{byte(number)}, personal.KeyBytes)
	return personal.Key{Subject: subject, Number: number, Secret: secret, At: noon}
}

// TestKeysAreStoredAs: golden files of a first and a second key, a tombstone of a key and one without, and notes with
// short and long names.
func TestKeysAreStoredAs(t *testing.T) {
	t.Parallel()
	keys, table := open(t)
	create := func(key personal.Key) {
		t.Helper()
		if _, err := keys.Create(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	forget := func(subject string) {
		t.Helper()
		if _, err := keys.Forget(t.Context(), subject, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	create(key("ada", 1))
	create(key("größe #1", 1))
	forget("größe #1")
	create(key("größe #1", 2))
	create(key("forgotten", 1))
	forget("forgotten")
	forget("without a key")
	for _, stream := range []es.StreamID{
		{Type: "Order", ID: "größe #1"},
		{Type: "Order", ID: strings.Repeat("s", 1000-len("Order#"))},
		{Type: "Order", ID: strings.Repeat("l", 1001-len("Order#"))},
	} {
		if err := keys.Note(t.Context(), "ada", stream); err != nil {
			t.Fatal(err)
		}
	}
	dynamotest.Golden(t, dynamotest.Client(t), table, dynamotest.GoldenConfig{Name: "keys", Update: *update})
}
