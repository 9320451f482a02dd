package main

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/annals-es/annals/test/northwind/internal/client"
)

// buffer is a writer that several goroutines may use.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// northwind runs the program against url, and returns its exit code and output.
func northwind(ctx context.Context, url string, args ...string) (int, string) {
	var out buffer
	quick := settings{
		client: client.Config{WaitMin: time.Millisecond, WaitMax: 5 * time.Millisecond, Attempts: 6},
		every:  time.Millisecond,
		limit:  time.Minute,
	}
	status := start(ctx, args, func(name string) string {
		return map[string]string{"ANNALS_URL": url}[name]
	}, quick, &out, &out)
	return status, out.String()
}

func mustContain(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

// everyFault injects each kind of fault into some commands, on the first two attempts.
func everyFault(key string, attempt int) fault {
	h := fnv.New32a()
	fmt.Fprint(h, key)
	if n := h.Sum32() % 40; attempt <= 2 && n > uint32(none) && n <= uint32(cutAmid) {
		return fault(n)
	}
	return none
}

func TestImport(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	fake.fault, fake.perQuery = everyFault, 3

	status, out := northwind(t.Context(), url)
	if status != ok {
		t.Fatalf("exit status %d, want success:\n%s", status, out)
	}
	const sent = "830 orders in: 4283 commands, 6438 events"
	mustContain(t, out, sent, "waiting for the read models: ", "every total equal", "orders: 83 of 830\n",
		"orders: 830 of 830\n")
	if len(fake.log) != 6438 || len(fake.answered) != 4283 {
		t.Errorf("%d events of %d commands stored", len(fake.log), len(fake.answered))
	}
	kinds := map[fault]int{}
	for key, attempts := range fake.attempts {
		kind := everyFault(key, 1)
		kinds[kind]++
		if (kind == none) != (attempts == 1) {
			t.Errorf("command %s: fault %d, %d attempts; want a repeat only after a fault", key, kind, attempts)
		}
	}
	if len(kinds) != int(cutAmid)+1 {
		t.Errorf("faults provoked: %v, want each kind", kinds)
	}

	// A second run changes nothing.
	fake.fault, fake.perQuery = nil, 0
	status, out = northwind(t.Context(), url)
	mustContain(t, out, sent, "every total equal")
	if status != ok || len(fake.log) != 6438 {
		t.Errorf("the second run: status %d, %d events stored", status, len(fake.log))
	}

	// -check sends no command.
	before := fake.attempts["northwind-order-10248-create"]
	status, out = northwind(t.Context(), url, "-check", "-patience", "0")
	if status != ok || strings.Contains(out, "orders in") || fake.attempts["northwind-order-10248-create"] != before {
		t.Errorf("northwind -check: exit status %d, want success and no commands:\n%s", status, out)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	ctx, interrupt := context.WithCancel(t.Context())
	fake.fault = func(key string, _ int) fault {
		if key == "northwind-order-10400-place" {
			interrupt()
			return cutAfter
		}
		return none
	}
	status, out := northwind(ctx, url)
	mustContain(t, out, "run it again to continue")
	orders := 0
	fake.with(func() { orders, fake.fault = len(fake.orders), nil })
	if status != interrupted || orders > 400 {
		t.Fatalf("exit status %d with %d orders:\n%s", status, orders, out)
	}
	status, out = northwind(t.Context(), url)
	mustContain(t, out, "every total equal")
	if status != ok || len(fake.log) != 6438 {
		t.Errorf("gone on: status %d, %d events", status, len(fake.log))
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	fake.refuse = "northwind-order-10300-place"
	status, out := northwind(t.Context(), url)
	fake.with(func() {
		if status != failed || fake.attempts[fake.refuse] != 1 || len(fake.orders) > 100 {
			t.Errorf("exit status %d after %d attempts, %d orders", status, fake.attempts[fake.refuse], len(fake.orders))
		}
	})
	mustContain(t, out, "POST "+url+"/orders/10300/place (Idempotency-Key northwind-order-10300-place): 422 "+
		"Unprocessable Entity: {", "refused on purpose")
}

func TestForgottenKeys(t *testing.T) {
	t.Parallel()
	fake, url := newFake(t)
	fake.products["1"] = true
	status, out := northwind(t.Context(), url)
	if status != failed {
		t.Errorf("exit status %d, want failed", status)
	}
	mustContain(t, out, "409 Conflict", "already-exists", "make run FRESH=1")
}

func TestServiceDoesNotRun(t *testing.T) {
	t.Parallel()
	status, out := northwind(t.Context(), "http://127.0.0.1:1")
	if status != failed {
		t.Errorf("exit status %d, want failed", status)
	}
	mustContain(t, out, "nothing answers at http://127.0.0.1:1; `make run` starts the service")
}
