package seal_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/internal/seal"
)

func purpose(t *testing.T, secret string, parts ...string) seal.Purpose {
	t.Helper()
	key, err := seal.NewKey([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	p, err := key.For(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var secret = strings.Repeat("s", 32)

func TestSealed(t *testing.T) {
	t.Parallel()
	p := purpose(t, secret, "ada", "list")
	for _, text := range []string{"", "1|2026", "\xff", strings.Repeat("x", 2000)} {
		sealed := p.Seal(text)
		if got, err := p.Open(sealed); err != nil || got != text {
			t.Errorf("open the sealed text of %.20q: %.20q, %v", text, got, err)
		}
		if raw, _ := base64.RawURLEncoding.DecodeString(sealed); len(text) > 5 && strings.Contains(string(raw), text) {
			t.Errorf("%.20q can be read", text)
		}
	}
}

// TestAnyChangeBreaksIt changes each character, and each length.
func TestAnyChangeBreaksIt(t *testing.T) {
	t.Parallel()
	p := purpose(t, secret, "ada", "list")
	sealed := p.Seal("1|2026")
	for i := range sealed {
		for _, other := range "Aaz09-_" {
			changed := sealed[:i] + string(other) + sealed[i+1:]
			if _, err := p.Open(changed); changed != sealed && !errors.Is(err, seal.ErrBroken) {
				t.Errorf("open %s instead of %s: %v, want ErrBroken", changed, sealed, err)
			}
		}
		if _, err := p.Open(sealed[:i]); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("open the first %d characters: %v, want ErrBroken", i, err)
		}
	}
	if _, err := p.Open(sealed + "A"); !errors.Is(err, seal.ErrBroken) {
		t.Errorf("open with a character more: %v, want ErrBroken", err)
	}
}

func TestAnotherPurpose(t *testing.T) {
	t.Parallel()
	sealed := purpose(t, secret, "ada", "list").Seal("1|2026")
	for name, other := range map[string]seal.Purpose{
		"principal": purpose(t, secret, "bob", "list"), "place": purpose(t, secret, "ada", "lists"),
		"border between parts": purpose(t, secret, "adal", "ist"), "order": purpose(t, secret, "list", "ada"),
		"key": purpose(t, strings.Repeat("t", 32), "ada", "list"),
	} {
		if _, err := other.Open(sealed); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("open with another %s: %v, want ErrBroken", name, err)
		}
	}
}

func TestShortKey(t *testing.T) {
	t.Parallel()
	if _, err := seal.NewKey([]byte(secret[1:])); err == nil || !strings.Contains(err.Error(), seal.KeyEnv) {
		t.Errorf("new seal with a key of 31 bytes: %v, want an error", err)
	}
}
