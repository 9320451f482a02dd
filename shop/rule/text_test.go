package rule_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/shop/rule"
)

func TestID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{
		"a", "Z", "0", "_", "-", "...", "..a", ".a", "a.", "acc-1", strings.Repeat("x", rule.MaxID),
	} {
		if err := rule.ID("id", id); err != nil {
			t.Errorf("check the id %s: %v", id, err)
		}
	}
	for _, id := range []string{
		"", ".", "..", "a b", "a#b", "a#b/../c d", "a/b", "a@1", "é", "e\u0301", "a\n", "\na", "a\x00", "\xff", "%41",
		strings.Repeat("x", rule.MaxID+1), strings.Repeat("x", 1500),
	} {
		err := rule.ID("order id", id)
		if !rule.Violated(err, rule.IDMalformed) || len(err.Error()) > 200 || !strings.Contains(err.Error(), "order id") {
			t.Errorf("check the id %q: %v, want IDMalformed in at most 200 bytes", id, err)
		}
	}
}

// TestText: characters are counted, not bytes.
func TestText(t *testing.T) {
	t.Parallel()
	three, needed := rule.Text{Max: 3}, rule.Text{Max: 3, Needed: true}
	for _, test := range []struct {
		rule rule.Text
		text string
		want rule.Code
	}{
		{three, "", ""}, {three, "   ", ""}, {three, "äöü", ""}, {three, "🙂🙂🙂", ""}, {needed, " x ", ""},
		{three, "abcd", rule.TextTooLong}, {three, "🙂🙂🙂🙂", rule.TextTooLong}, {three, "e\u0301e\u0301", rule.TextTooLong},
		{needed, "", rule.TextMissing}, {needed, " \t\n", rule.TextMissing}, {needed, "\u00a0", rule.TextMissing},
		{three, "\xff", rule.TextMalformed}, {needed, "\xed\xa0\x80", rule.TextMalformed}, // half a surrogate pair
		{three, strings.Repeat("x", 900_000), rule.TextTooLong},
	} {
		err := test.rule.Check("note", test.text)
		if test.want == "" && err != nil || test.want != "" && (!rule.Violated(err, test.want) || len(err.Error()) > 200) {
			t.Errorf("check by %+v %.20q: %v, want %v", test.rule, test.text, err, test.want)
		}
	}
}
