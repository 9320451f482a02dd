package dynamokeys_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/personal"
)

// TestCosts counts requests and units on the wire.
func TestCosts(t *testing.T) {
	t.Parallel()
	meter := &dynamotest.Meter{}
	keys, _ := open(t, meter.Metered)
	ctx := t.Context()
	order := es.StreamID{Type: "Order", ID: "1"}
	longest := es.StreamID{Type: "Order", ID: strings.Repeat("x", 2048-len("Order#"))}
	subjects := make([]string, 150)
	for i := range subjects {
		subjects[i] = fmt.Sprint("subject ", i)
		if i%2 == 0 { // a key that is missing costs as much
			if _, err := keys.Create(ctx, key(subjects[i], 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	one := func(operation string) map[string]int { return map[string]int{operation: 1} }
	load := func(subjects ...string) error { _, err := keys.Load(ctx, subjects...); return err }
	create := func(key personal.Key) error { _, err := keys.Create(ctx, key); return err }
	forget := func(subject string) error { _, err := keys.Forget(ctx, subject, noon); return err }
	longID := strings.Repeat("x", personal.MaxSubjectBytes)
	for _, test := range []struct {
		name  string
		do    func() error
		want  map[string]int
		units float64
	}{
		{"note", func() error { return keys.Note(ctx, "ada", order) }, one("PutItem"), 1},
		{"note again", func() error { return keys.Note(ctx, "ada", order) }, one("PutItem"), 1},
		{"note of the longest names", func() error { return keys.Note(ctx, longID, longest) }, one("PutItem"), 4},
		{"load no key", func() error { return load("ada") }, one("GetItem"), 1},
		{"create", func() error { return create(key("ada", 1)) }, one("PutItem"), 1},
		{"load", func() error { return load("ada", "ada") }, one("GetItem"), 1},
		{"load none", func() error { return load() }, nil, 0},
		{"load 150", func() error { return load(subjects...) }, map[string]int{"BatchGetItem": 2}, 150},
		{"forget", func() error { return forget("ada") }, one("UpdateItem"), 1},
		{"create again", func() error { return create(key("ada", 2)) }, one("PutItem"), 1},
		// On DynamoDB, a refused write costs a unit too, which its answer does not tell.
		{"create too late", func() error { return create(key("ada", 1)) }, one("PutItem"), 0},
		{"forget without a key", func() error { return forget("bob") }, one("UpdateItem"), 1},
		{"forget again", func() error { return forget("bob") }, one("UpdateItem"), 0},
		{"streams", func() (err error) {
			for _, err = range keys.Streams(ctx, "ada") {
			}
			return err
		}, one("Query"), 1},
		{"subjects", func() (err error) {
			for _, err = range keys.Subjects(ctx) {
			}
			return err
		}, one("Scan"), 3},
	} {
		meter.Take()
		if err := test.do(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		used := meter.Take()
		if diff := cmp.Diff(test.want, used.Requests); diff != "" || used.Units() != test.units {
			t.Errorf("%s: %v units, want %v; requests (-want +got):\n%s", test.name, used.Units(), test.units, diff)
		}
	}
}
