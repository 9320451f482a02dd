package email_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/estest"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/rule"
)

var keys = estest.For(email.KeyAggregate)

// TestKey: the first key is recorded, the same key changes nothing, another key is refused.
func TestKey(t *testing.T) {
	t.Parallel()
	wrong := &rule.Violation{Code: email.WrongKey}
	choose := func(key string) func(email.KeyState) ([]email.KeyEvent, error) {
		return func(s email.KeyState) ([]email.KeyEvent, error) { return s.Choose([]byte(key)) }
	}
	first, err := email.KeyState{}.Choose([]byte("a"))
	if err != nil || len(first) != 1 {
		t.Fatal(first, err)
	}
	keys.Run(t, []estest.Case[email.KeyState, email.KeyEvent]{
		{Name: "the first", When: choose("a"), Then: first},
		{Name: "the same", Given: first, When: choose("a"), Then: []email.KeyEvent{}},
		{Name: "another", Given: first, When: choose("b"), ThenError: wrong},
	}, wrong)
}

func TestKeyGolden(t *testing.T) {
	t.Parallel()
	keys.Golden(t, estest.GoldenConfig{Dir: "testdata/golden-key", Update: *update}, email.EmailKeyChosen{
		Check: "c2VjcmV0",
	})
}
