package main

import (
	"strings"
	"testing"
)

// TestErased: only personal values may change, and only to erased ones.
func TestErased(t *testing.T) {
	t.Parallel()
	const before = `{"ownerName":"Ada Lovelace","balance":{"amount":"5"},"list":[{"address":{"line1":"12 Square"}}]}`
	personal := newFinder([]string{"Ada Lovelace", "12 Square"})
	for _, test := range []struct{ name, after, wrong string }{
		{"erased", `{"ownerName":"(removed)","balance":{"amount":"5"},"list":[{"address":null}]}`, ""},
		{"left out", `{"ownerName":"(removed)","balance":{"amount":"5"},"list":[{}]}`, ""},
		{"not erased", before, "still shows"},
		{"one is left", `{"ownerName":"(removed)","balance":{"amount":"5"},"list":[{"address":{"line1":"12 square"}}]}`, "still shows"},
		{"another value", `{"ownerName":"Bob","balance":{"amount":"5"},"list":[{}]}`, "ownerName: "},
		{"a figure", `{"ownerName":"(removed)","balance":{"amount":"6"},"list":[{}]}`, "balance: amount: "},
		{"a figure is gone", `{"ownerName":"(removed)","balance":{},"list":[{}]}`, "balance: amount: "},
		{"a list is shorter", `{"ownerName":"(removed)","balance":{"amount":"5"},"list":[]}`, "list: "},
		{"a new member", `{"ownerName":"(removed)","balance":{"amount":"5"},"list":[{}],"x":1}`, "x was not there"},
	} {
		n, err := answers{"/a": []byte(before)}.erased(answers{"/a": []byte(test.after)}, personal)
		switch {
		case test.wrong == "" && (err != nil || n != 2):
			t.Errorf("%s: %d erased, %v; want 2", test.name, n, err)
		case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.wrong)
		}
	}
	same := answers{"/a": []byte(before)}
	if err := same.same(same); err != nil {
		t.Error(err)
	}
	if same.same(answers{"/a": []byte(strings.Replace(before, "Ada Lovelace", removed, 1))}) == nil {
		t.Error("an erased name is not the same")
	}
}
