package annals_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/annals"
)

// TestCaller: a token without a subject is no person and no operator. Without an authorizer, every caller may do
// everything.
func TestCaller(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		caller             annals.Caller
		isAda, isNone, may bool
	}{
		"the person":               {annals.NewCaller("ada", false), true, false, false},
		"another":                  {annals.NewCaller("bob", false), false, false, false},
		"an operator":              {annals.NewCaller("bob", true), false, false, true},
		"an operator without name": {annals.NewCaller("", true), false, false, false},
		"no authorizer":            {annals.Anyone, true, true, true},
		"nobody":                   {annals.NewCaller("", false), false, false, false},
	} {
		if c := test.caller; c.Is("ada") != test.isAda || c.Is("") != test.isNone || c.Operates() != test.may {
			t.Errorf("%s: is ada %v, is the empty name %v, operates %v", name, c.Is("ada"), c.Is(""), c.Operates())
		}
	}
	if annals.Anyone.Subject() != annals.Development || annals.NewCaller("ada", false).Subject() != "ada" {
		t.Errorf("subject of Anyone: %q, want Development; that of ada: %q",
			annals.Anyone.Subject(), annals.NewCaller("ada", false).Subject())
	}
}
