package functions_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/rule"
)

// TestEmailKeyMustNotChange: the first start stores what tells its key from others, in a table with reservations too;
// a start with another key is refused with a sentence that says what to do, and stores nothing.
func TestEmailKeyMustNotChange(t *testing.T) {
	t.Parallel()
	s, meter := newMeteredService(t)
	s.ok(t, "POST /accounts", openWith("a", "ada@example.com")) // before there was a check
	for _, want := range []int{2, 1} {
		meter.Take()
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		used := meter.Take().Requests
		if used["Query"]+used["PutItem"] != want || len(used) != want {
			t.Errorf("requests: %v, want %d", used, want)
		}
	}
	commits := len(s.commits(t))
	other := s.Deployment
	other.Secrets = emailKey("another")
	err := other.Start(t.Context())
	if !rule.Violated(err, email.WrongKey) {
		t.Fatal(err)
	}
	for _, want := range []string{
		email.KeyEnv, "were reserved under another key", "emailKey", "docs/runbooks/email-key.md",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("start with another key of e-mail addresses: %v, want an error with %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "another\"") || len(s.commits(t)) != commits {
		t.Errorf("%v, %d commits, want %d", err, len(s.commits(t)), commits)
	}
	s.project(t) // no read model minds the record
}

// TestEmailKeyRace: of many first starts at once all with one key go on, and none with the other.
func TestEmailKeyRace(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var (
		gate, done sync.WaitGroup
		mu         sync.Mutex
		went       = map[string]int{}
	)
	gate.Add(1)
	for i := range 8 {
		start := s.Deployment
		key := []string{"a", "b"}[i%2]
		start.Secrets = emailKey(key)
		done.Go(func() {
			gate.Wait()
			err := start.Start(t.Context())
			if err != nil && !rule.Violated(err, email.WrongKey) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				went[key]++
			}
		})
	}
	gate.Done()
	done.Wait()
	if len(went) != 1 || went["a"]+went["b"] != 4 {
		t.Errorf("processes that went on: %v, want 4 with one key", went)
	}
}
