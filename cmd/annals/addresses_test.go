package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// TestAddresses: what looks like an e-mail address is found, alone or in a longer id, and nothing else.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"ada@example.org": true, "mail:ada@example.org": true, "ada@example.org/2": true, "Ada.L+x@mail.example.co.uk": true,
		"ada@пример.рф": true, "a@b.de": true,
		"": false, "ada": false, "o-1@3": false, "Order#o-1@3": false, "annals/ada": false, "ada@localhost": false,
		"a@1.2": false, "@handle.org": false, "ada@.org": false, "package@v1.0": false, "a @ b.org": false,
		"6d1f2a90-3c1e-4b8e-9b0a-2f6f1d1f0c11": false, "auth0|5f7c8ec7c33c6c004bbafe82": false,
	} {
		if got := newIDKind("ids").add(id); got != want {
			t.Errorf("%q looks like an address: %t, want %t", id, got, want)
		}
	}
}

// TestDoctorAddresses: doctor says how many subjects, streams and actors look like addresses, and shows none.
func TestDoctorAddresses(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	step{"doctor", "ok … ids … none of 0 subjects, streams and actors", "found something wrong", 3}.run(t, port)
	f.fill(t)
	f.open(t, "a", "ada")
	step{"doctor", "ok … ids … none of 5 subjects, streams and actors", "found something wrong", 3}.run(t, port)
	f.open(t, "b", "bob@example.org")
	f.open(t, "c", "bob@example.org")
	stored(t, "Order#of-cleo@example.org", es.Meta{Actor: "eve@example.org"}, added("tea"))
	stored(t, "Thing@x.org\x1b[31m#dan@example.org", es.Meta{}, es.RawEvent{Type: "T", Schema: 1, Data: json.RawMessage("{}")})
	for _, s := range []step{
		{
			"doctor",
			"notice … ids … 1 of 2 subjects; 2 of 7 stream ids (Order, Thing@x.org\\u001b[31m); 2 of 3 actors … " +
				"Ids are not encrypted … personal-data.md",
			"found something wrong", 3,
		},
		{"doctor -o json", `{"check":"ids","result":"notice","detail":"they look like e-mail addresses, in a sample: 1 of 2`,
			"found something wrong", 3},
	} {
		s.run(t, port)
		out, _ := line(t, port, strings.Fields(s.line)...)
		for _, personal := range []string{"bob@", "cleo@", "dan@", "eve@", "example.org"} {
			if strings.Contains(out, personal) {
				t.Errorf("%s shows %s: %s", s.line, personal, out)
			}
		}
	}
	f.located.Resources.Tables["keys"] = dynamotest.Table(t, f.client, annalsaws.Keys.Table) // an empty one
	step{"doctor", "notice … ids … in a sample: 2 of 7 stream ids", "found something wrong", 3}.run(t, port)
}
