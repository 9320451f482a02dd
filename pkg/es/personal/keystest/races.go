package keystest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/personal"
)

// rounds yields the numbers from 0 for a fifth of a second, at least five. Calls to a store in memory take so little
// time that few of them meet.
func rounds(yield func(int) bool) {
	began := time.Now()
	for i := 0; i < 5 || time.Since(began) < 200*time.Millisecond; i++ {
		if !yield(i) {
			return
		}
	}
}

// race calls a function n times at once, and fails the test on an error.
func race(t *testing.T, n int, call func(i int) error) {
	t.Helper()
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			if err := call(i); err != nil {
				t.Errorf("concurrent call %d: %v", i, err)
			}
		})
	}
	close(gate)
	wg.Wait()
}

// forgetBesideFirst: where the first key is created while its subject is forgotten, the tombstone remains.
func forgetBesideFirst(t *testing.T, f fixture) {
	for round := range rounds {
		id := fmt.Sprint("subject ", round)
		race(t, 6, func(i int) error {
			if i%2 == 0 {
				_, err := f.Forget(t.Context(), id, noon)
				return err
			}
			got, err := f.Create(t.Context(), key(id, 1, byte(i)))
			if err == nil && (got.Subject != id || got.Number != 1) {
				return fmt.Errorf("create returned %+v, want a key or tombstone with number 1", got)
			}
			return err
		})
		f.stored(t, []string{id}, tombstone(id, 1, noon))
	}
}

// forgetBesideRenewals: keys are created and forgotten at once, again and again. After a Forget returned, no load shows
// a key with the tombstone's number or a lower one, and numbers only grow.
func forgetBesideRenewals(t *testing.T, f fixture) {
	var forgotten atomic.Int64 // the highest number of a tombstone that was returned
	load := func() (personal.Key, error) {
		floor := int(forgotten.Load())
		found, err := f.Load(t.Context(), subject)
		key := found[subject]
		if err == nil && (key.Number < floor || key.Number == floor && floor > 0 && !key.Forgotten) {
			err = fmt.Errorf("loaded number %d, forgotten %v, after tombstone %d was returned", key.Number, key.Forgotten, floor)
		}
		return key, err
	}
	renew := func(i int) error {
		for range rounds {
			stored, err := load()
			if err != nil {
				return err
			}
			number := stored.Number + 1
			got, err := f.Create(t.Context(), key(subject, number, byte(i)))
			if err != nil || got.Number < stored.Number {
				return fmt.Errorf("create key %d: number %d, %w", number, got.Number, err)
			}
		}
		return nil
	}
	forget := func() error {
		for range rounds {
			got, err := f.Forget(t.Context(), subject, noon)
			if err != nil {
				return err
			}
			if !got.Forgotten || got.Secret != nil || got.Number < 1 {
				return fmt.Errorf("forget returned number %d, forgotten %v, want a tombstone", got.Number, got.Forgotten)
			}
			for last := forgotten.Load(); int64(got.Number) > last; last = forgotten.Load() {
				forgotten.CompareAndSwap(last, int64(got.Number))
			}
			if _, err := load(); err != nil {
				return err
			}
		}
		return nil
	}
	race(t, 8, func(i int) error {
		if i%4 == 0 {
			return forget()
		}
		return renew(i)
	})
	if forgotten.Load() < 2 {
		t.Logf("only %d keys were forgotten: the test hardly raced", forgotten.Load())
	}
}
