package shop_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/shop"
	"github.com/annals-es/annals/shop/email"
	"github.com/annals-es/annals/shop/rule"
)

// startWith starts the shop's command function on a store, with a key of e-mail addresses.
func startWith(t *testing.T, store es.Store, key string) error {
	t.Helper()
	running, err := shop.New().On().Open(annals.Stores{Events: store}, annals.Config{Secrets: func(env string) string {
		return map[string]string{email.KeyEnv: key}[env]
	}})
	if err != nil {
		return err
	}
	return running.Start(t.Context())
}

// TestEmailKeyMustNotChange: the first start records the key's check. A start with another key fails with a sentence
// that says what to do, and stores nothing.
func TestEmailKeyMustNotChange(t *testing.T) {
	t.Parallel()
	store := memstore.New()
	for range 2 {
		if err := startWith(t, store, "one"); err != nil {
			t.Fatal(err)
		}
	}
	err := startWith(t, store, "another")
	if !rule.Violated(err, email.WrongKey) {
		t.Fatal(err)
	}
	for _, want := range []string{email.KeyEnv, "were reserved under another key", "docs/runbooks/email-key.md"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("start with another key: %v, want an error with %q", err, want)
		}
	}
	c := client{store: store}
	if n := c.commits(t, email.KeyAggregate.StreamType, email.KeyID); n != 1 || strings.Contains(err.Error(), `another"`) {
		t.Errorf("%d commits of the key, %v; want 1, and no key in the error", n, err)
	}
	if err := startWith(t, store, ""); err == nil || !strings.Contains(err.Error(), email.KeyEnv) {
		t.Errorf("start without a key: %v, want an error that names the variable", err)
	}
}

// TestEmailKeyRace: of many concurrent first starts with two keys, all with one key succeed, and all with the other
// fail.
func TestEmailKeyRace(t *testing.T) {
	t.Parallel()
	store, keys := memstore.New(), []string{"a", "b"}
	var (
		mu   sync.Mutex
		next int
		went = map[string]int{}
	)
	race(8, func() error {
		mu.Lock()
		key := keys[next%2]
		next++
		mu.Unlock()
		err := startWith(t, store, key)
		if err != nil && !rule.Violated(err, email.WrongKey) {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			went[key]++
		}
		return err
	})
	if len(went) != 1 || went["a"]+went["b"] != 4 {
		t.Errorf("processes that went on: %v, want 4 with one key", went)
	}
}

// TestEmailIsReserved: only one account at a time has an address, in any spelling. Closing the account frees it.
func TestEmailIsReserved(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	another := strings.NewReplacer(`"a"`, `"b"`, "ada@example.com", "Ada@EXAMPLE.com").Replace(withEmail)
	c.ok(t, "POST /accounts", withEmail)
	if got := c.send(t, "POST /accounts", another); got.status != 422 || !strings.Contains(got.text, "email-taken") {
		t.Errorf("a second account: %d %s", got.status, got.text)
	}
	c.ok(t, "POST /accounts/a/close", "")
	c.ok(t, "POST /accounts", another)
}
