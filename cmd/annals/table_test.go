package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Order#1": "Order#1", "1234567890": "1234567890", "12345678901": "1234…78901", "ÄÖÜäöüßéàèç": "ÄÖÜä…ßéàèç",
	} {
		if got := shorten(text, 10); got != want {
			t.Errorf("shorten %q to 10 characters: %q, want %q", text, got, want)
		}
	}
}

// TestLongNames: a table shortens long names. JSON has the whole name.
func TestLongNames(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	long := "Order#" + strings.Repeat("long", 100) + "-end"
	store, err := dynamostore.New(dynamotest.Client(t), os.Getenv("TABLE_EVENTS"), dynamostore.Config{})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := es.ParseStreamID(long)
	if err != nil {
		t.Fatal(err)
	}
	event := es.RawEvent{Type: "OrderTeleported", Schema: 1, Data: json.RawMessage(`{}`)}
	write := es.Write{Head: store.Empty(stream), Events: []es.RawEvent{event}}
	if _, err := store.Append(t.Context(), es.Append{Writes: []es.Write{write}}); err != nil {
		t.Fatal(err)
	}
	_, _ = line(t, port, "reconcile", "--settled", "0s") // parks it
	for _, command := range []string{"streams list", "parked list"} {
		out, err := line(t, port, strings.Fields(command)...)
		if err != nil {
			t.Fatal(command, err)
		}
		cut := false
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(line); n > 160 {
				t.Errorf("%s: a line has %d characters: %s", command, n, line)
			}
			cut = cut || strings.Contains(line, "Order#long") && strings.Contains(line, "…") && strings.Contains(line, "-end ")
		}
		if !cut {
			t.Errorf("%s does not show how the name begins and ends:\n%s", command, out)
		}
		whole, err := line(t, port, append(strings.Fields(command), "-o", "json")...)
		if err != nil || !strings.Contains(whole, `"`+long+`"`) {
			t.Errorf("%s as JSON lacks the name: %v", command, err)
		}
	}
}
