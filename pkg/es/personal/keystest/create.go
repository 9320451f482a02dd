package keystest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/personal"
)

func createFirst(t *testing.T, f fixture) {
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	f.stored(t, []string{subject}, key(subject, 1, 1))
	f.creates(t, key(subject, 1, 2), key(subject, 1, 1))
	f.stored(t, []string{subject}, key(subject, 1, 1))
}

// createSecond: after a tombstone, only the key with the next number is stored.
func createSecond(t *testing.T, f fixture) {
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	for last := range 3 {
		number := last + 1
		at := noon.Add(time.Duration(number) * time.Hour)
		f.forgets(t, subject, at, tombstone(subject, number, at))
		for _, other := range []int{1, number, number + 2, number + 10} {
			f.creates(t, key(subject, other, 9), tombstone(subject, number, at))
		}
		f.stored(t, []string{subject}, tombstone(subject, number, at))
		next := key(subject, number+1, byte(number))
		f.creates(t, next, next)
		f.stored(t, []string{subject}, next)
	}
}

// createOutOfTurn: without a tombstone, no key but the first is stored.
func createOutOfTurn(t *testing.T, f fixture) {
	f.creates(t, key(subject, 2, 1), personal.Key{})
	f.stored(t, []string{subject})
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	for _, number := range []int{2, 3} {
		f.creates(t, key(subject, number, 2), key(subject, 1, 1))
	}
	f.stored(t, []string{subject}, key(subject, 1, 1))
}

func createInvalid(t *testing.T, f fixture) {
	for name, change := range map[string]func(*personal.Key){
		"number 0":         func(k *personal.Key) { k.Number = 0 },
		"negative number":  func(k *personal.Key) { k.Number = -1 },
		"no secret":        func(k *personal.Key) { k.Secret = nil },
		"too short secret": func(k *personal.Key) { k.Secret = k.Secret[1:] },
		"too long secret":  func(k *personal.Key) { k.Secret = append(k.Secret, 1) },
		"a tombstone":      func(k *personal.Key) { k.Forgotten = true },
	} {
		k := key(subject, 1, 1)
		change(&k)
		var invalid *personal.KeyError
		if got, err := f.Create(t.Context(), k); !errors.As(err, &invalid) || invalid.Subject != subject {
			t.Errorf("%s: %+v, %v, want a KeyError", name, got, err)
		}
	}
	f.stored(t, []string{subject})
}

// createOneWinner: of concurrent creates one stores its key, and all return it.
func createOneWinner(t *testing.T, f fixture) {
	for last := range rounds {
		number := last + 1
		keys := make([]personal.Key, 8)
		race(t, len(keys), func(i int) (err error) {
			keys[i], err = f.Create(t.Context(), key(subject, number, byte(i)))
			return err
		})
		won := keys[0]
		if len(won.Secret) == 0 || !cmp.Equal(won, key(subject, number, won.Secret[0])) {
			t.Fatalf("create key %d: it returned %+v, want one of the keys that were given", number, won)
		}
		for i, got := range keys {
			if diff := cmp.Diff(won, got); diff != "" {
				t.Errorf("create key %d: calls 0 and %d returned different keys (-0 +%d):\n%s", number, i, i, diff)
			}
		}
		f.stored(t, []string{subject}, won)
		f.forgets(t, subject, noon, tombstone(subject, number, noon))
	}
}

// createTime: times are kept in UTC, without fractions of a microsecond, also in what Create and Forget return.
func createTime(t *testing.T, f fixture) {
	zone := time.FixedZone("", 3600)
	given := key(subject, 1, 1)
	given.At = time.Date(2026, 1, 31, 13, 0, 0, 123456999, zone)
	f.creates(t, given, key(subject, 1, 1))
	f.stored(t, []string{subject}, key(subject, 1, 1))
	f.forgets(t, subject, given.At.Add(time.Second), tombstone(subject, 1, noon.Add(time.Second)))
	f.stored(t, []string{subject}, tombstone(subject, 1, noon.Add(time.Second)))
}

// callersSlices: secrets are copied on the way in and on the way out.
func callersSlices(t *testing.T, f fixture) {
	given := key(subject, 1, 1)
	created, err := f.Create(t.Context(), given)
	if err != nil {
		t.Fatal(err)
	}
	clear(given.Secret)
	f.stored(t, []string{subject}, key(subject, 1, 1))
	clear(created.Secret)
	f.stored(t, []string{subject}, key(subject, 1, 1))
	loaded, err := f.Load(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	clear(loaded[subject].Secret)
	f.stored(t, []string{subject}, key(subject, 1, 1))
	lost, err := f.Create(t.Context(), key(subject, 1, 2))
	if err != nil {
		t.Fatal(err)
	}
	clear(lost.Secret)
	f.stored(t, []string{subject}, key(subject, 1, 1))
}

// othersKeys: what is done with one subject's key changes no other's.
func othersKeys(t *testing.T, f fixture) {
	f.creates(t, key("a", 1, 1), key("a", 1, 1))
	f.creates(t, key("b", 1, 2), key("b", 1, 2))
	f.forgets(t, "a", noon, tombstone("a", 1, noon))
	f.forgets(t, "c", noon, tombstone("c", 1, noon))
	f.creates(t, key("b", 2, 3), key("b", 1, 2))
	f.creates(t, key("a", 2, 4), key("a", 2, 4))
	f.stored(t, []string{"a", "b", "c", "d"}, key("a", 2, 4), key("b", 1, 2), tombstone("c", 1, noon))
}
