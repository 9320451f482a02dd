package keystest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/es/personal"
)

func forgetKey(t *testing.T, f fixture) {
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	want := tombstone(subject, 1, noon.Add(time.Hour))
	f.forgets(t, subject, noon.Add(time.Hour), want)
	f.stored(t, []string{subject}, want)
}

// forgetNoKey: a subject without a key can be forgotten. It never gets a first key then.
func forgetNoKey(t *testing.T, f fixture) {
	f.forgets(t, subject, noon, tombstone(subject, 1, noon))
	f.creates(t, key(subject, 1, 1), tombstone(subject, 1, noon))
	f.stored(t, []string{subject}, tombstone(subject, 1, noon))
	f.creates(t, key(subject, 2, 2), key(subject, 2, 2))
	f.stored(t, []string{subject}, key(subject, 2, 2))
}

// forgetTwice: the first tombstone and its time stay.
func forgetTwice(t *testing.T, f fixture) {
	f.creates(t, key(subject, 1, 1), key(subject, 1, 1))
	for i := range 3 {
		f.forgets(t, subject, noon.Add(time.Duration(1-i)*time.Hour), tombstone(subject, 1, noon.Add(time.Hour)))
	}
	f.stored(t, []string{subject}, tombstone(subject, 1, noon.Add(time.Hour)))
}

// forgetOneTombstone: concurrent calls leave one tombstone, and all return it.
func forgetOneTombstone(t *testing.T, f fixture) {
	for last := range rounds {
		number := last + 1
		tombstones := make([]personal.Key, 8)
		race(t, len(tombstones), func(i int) (err error) {
			tombstones[i], err = f.Forget(t.Context(), subject, noon.Add(time.Duration(i)*time.Second))
			return err
		})
		want := tombstone(subject, number, tombstones[0].At)
		for i, got := range tombstones {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("tombstone %d of 0 and %d (-0 +%d):\n%s", number, i, i, diff)
			}
		}
		f.stored(t, []string{subject}, want)
		next := key(subject, number+1, 1)
		f.creates(t, next, next)
	}
}
