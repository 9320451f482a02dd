package estest_test

import (
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/estest"
)

func TestClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	clock := estest.NewClock(start)
	if first, second := clock.Now(), clock.Now(); !first.Equal(start) || !second.Equal(start) {
		t.Errorf("a clock that is not moved shows %v, then %v, want %v", first, second, start)
	}
	clock.Advance(time.Hour)
	clock.Advance(-time.Minute)
	if got, want := clock.Now(), start.Add(59*time.Minute); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	orders, accounts := estest.IDs("order"), estest.IDs("account")
	for _, want := range []string{"order-1", "order-2", "order-3"} {
		if got := orders(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := accounts(); got != "account-1" {
		t.Errorf("another source starts at %s", got)
	}
}
