package email_test

import (
	"flag"
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/rule"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	emails = estest.For(email.Aggregate)
	taken  = &rule.Violation{Code: email.Taken}
)

type (
	testCase = estest.Case[email.State, email.Event]
	events   = []email.Event
)

func TestDecisions(t *testing.T) {
	t.Parallel()
	reserve := func(s email.State) ([]email.Event, error) { return s.Reserve("a") }
	release := func(s email.State) ([]email.Event, error) { return s.Release("a"), nil }
	held, byOther := email.EmailReserved{AccountID: "a"}, email.EmailReserved{AccountID: "b"}
	freed := email.EmailReleased{AccountID: "a"}
	emails.Run(t, []testCase{
		{Name: "reserve", When: reserve, Then: events{held}},
		{Name: "reserve what was freed", Given: events{held, freed}, When: reserve, Then: events{held}},
		{Name: "reserve twice", Given: events{held}, When: reserve, ThenError: taken},
		{Name: "reserve what another holds", Given: events{byOther}, When: reserve, ThenError: taken},
		{Name: "reserve for no account", When: func(s email.State) ([]email.Event, error) { return s.Reserve("a#b") },
			ThenError: &rule.Violation{Code: rule.IDMalformed}},
		{Name: "release", Given: events{held}, When: release, Then: events{freed}},
		{Name: "release what another holds", Given: events{byOther}, When: release, Then: events{}},
		{Name: "release what nobody holds", When: release, Then: events{}},
	}, taken, &rule.Violation{Code: rule.IDMalformed})
}

func TestGolden(t *testing.T) {
	t.Parallel()
	emails.Golden(t, estest.GoldenConfig{Dir: "testdata/golden", Update: *update},
		email.EmailReserved{AccountID: "acc-1"}, email.EmailReleased{AccountID: "acc-1"})
}

// TestStoredID: the id of an address never changes. With another id, an address that is held would be free again.
func TestStoredID(t *testing.T) {
	t.Parallel()
	const want = "nkd8iKZDSFiY1brVP4K4Siag0DD1Y57IK0krjbrhGKc"
	if got, err := email.ID([]byte("key"), "ann@example.com"); err != nil || got != want {
		t.Errorf("ann@example.com is reserved as %s, %v, stored as %s", got, err, want)
	}
}
