package main

import (
	"strings"
	"testing"
)

// TestExtractsSayWhatAChangeMeans: each kind of change is detected, and distinguished from the others.
func TestExtractsSayWhatAChangeMeans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, was, is, means string }{
		{"resources.txt", "", "A: AWS::SQS::Queue", "a new resource"},
		{"resources.txt", "A: AWS::SQS::Queue", "", "deletes it"},
		{"resources.txt", "A: AWS::S3::Bucket, deletion: Retain, replacement: Retain", "", "stays in the account"},
		{"resources.txt", "A: AWS::SQS::Queue", "A: AWS::SNS::Topic", "replaces it"},
		{"resources.txt", "A: AWS::Events::EventBus name=Annals", "A: AWS::Events::EventBus name=Bus", "replaces it"},
		{"resources.txt", "A: X, deletion: Retain", "A: X, deletion: Delete", "deleted or replaced changed"},
		{"tables.txt", "", "T: [name: n, keys: k] stream: none", "new, empty table"},
		{"tables.txt", "T: [keys: k] deletion: Delete", "", "deletes the table"},
		{"tables.txt", "T: [keys: k] deletion: Retain", "", "THE EVENTS"},
		{"tables.txt", "T: [name: n, keys: k] stream: none", "T: [name: n, keys: l] stream: none", "REPLACED"},
		{"tables.txt", "T: [name: n, keys: k] stream: none", "T: [name: m, keys: k] stream: none", "REPLACED"},
		{"tables.txt", "T: [name: n, keys: k] expires: never", "T: [name: n, keys: k] expires: by", "stays, with its items"},
		{"tables.txt", "T: [keys: k] a", "T: [keys: k] a; index i: HASH p S", "DynamoDB makes the new index"},
		{"tables.txt", "T: [keys: k] a; index i: HASH p S", "T: [keys: k] a", "drops the old one"},
		{"tables.txt", "T: [keys: k] a", "T: [keys: k] a; index i: HASH p S; index j: HASH q S", "it adds or removes one"},
		{"tables.txt", "T: [keys: k] a; index i: HASH p S", "T: [keys: k] a; index i: HASH p N", "FAILS: an index stays"},
		{"tables.txt", "T: [keys: k] a; index i: HASH p S", "T: [keys: k] b; index i: HASH p S", "this setting of it"},
		{"routes.txt", "", "GET /a: s, F, R", "a new route"},
		{"routes.txt", "GET /a: s, F, R", "", "404"},
		{"routes.txt", "GET /a: s, F, R", "GET /a: open, F, R", "403"},
		{"routes.txt", "GET /a: s, F, R", "GET /a: s, G, R", "another function"},
		{"routes.txt", "GET /a: s, F, R", "GET /a: s, F, Q", "the deployment fails"},
		{"roles.txt", "R Allow T: a:Get a:Put", "R Allow T: a:Get a:Del", "no longer in a policy: a:Put; functions"},
		{"roles.txt", "R Allow T: a:Get a:Put", "R Allow T: a:Get a:Del", "new in a policy: a:Del"},
	} {
		for _, e := range extracts {
			if e.file != test.file {
				continue
			}
			was, err := parsed(test.was)
			if err != nil {
				t.Fatal(err)
			}
			now, err := parsed(test.is)
			if err != nil {
				t.Fatal(err)
			}
			changes := e.changes(was, now)
			if len(changes) != 1 || !strings.Contains(changes[0], test.means) {
				t.Errorf("%s changes from %q to %q: reported %q, want %q", test.file, test.was, test.is, changes, test.means)
			}
			if same := e.changes(now, now); len(same) > 0 {
				t.Errorf("%s: no change is %q", test.file, same)
			}
		}
	}
	for _, bad := range []string{"no value\n", "a: \n", "a: b\na: c\n"} {
		if lines, err := parsed(bad); err == nil {
			t.Errorf("parse %q: %v, want an error", bad, lines)
		}
	}
}
