package main

import (
	"strings"
	"testing"
)

func TestChoicesRefused(t *testing.T) {
	for _, test := range []struct {
		context object
		want    string
	}{
		{object{"region": "Frankfurt"}, `region is "Frankfurt": it must be one such as eu-central-1`},
		{object{"cmk": "yes"}, `cmk is "yes": it must be true, or the ARN of a key in KMS`},
		{object{"cmk": true}, `cmk is true: it must be a text`},
		{object{"cmk": "true"}, "cmk needs region: a key is in one region"},
		{object{"breakGlassRole": "Admin"}, `breakGlassRole is "Admin": it must be the ARN of a role`},
		{object{"eventReplicas": "eu-west-1"}, "eventReplicas needs region: say which one region writes"},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-1"}, "readReplicas has eu-west-1, which is the region that writes"},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-2,eu-west-2"}, "readReplicas has eu-west-2 twice"},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-2, eu-west-3"}, `readReplicas has " eu-west-3": it must be regions`},
		{object{"region": "eu-west-1", "readReplicas": "eu-west-2", "cmk": "true"}, "readReplicas and cmk do not go together"},
		{object{"eventReplicas": 1}, "eventReplicas is 1: it must be a text"},
		{object{"replicasLocked": "perhaps"}, `replicasLocked is "perhaps": it must be true or false`},
		{object{"concurrency": "command"}, `concurrency has "command": it must be functions with numbers`},
		{object{"concurrency": "command:-1"}, `concurrency has "command:-1"`},
		{object{"concurrency": "commands:1"}, `concurrency has "commands:1": there is no function commands`},
	} {
		if _, err := readSettings(test.context); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %s", test.context, err, test.want)
		}
	}
}

// A key that exists is used as it is named.
func TestChoicesTaken(t *testing.T) {
	const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	got, err := readSettings(object{"cmk": key, "concurrency": "query:7", "region": "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "settings", []any{key, 7.0, "eu-central-1"}, []any{got.key, got.concurrency["query"], *got.environment().Region})
	if off, err := readSettings(object{"cmk": "false"}); err != nil || off.key != "" {
		t.Errorf("cmk=false: %q, %v", off.key, err)
	}
}
