package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestBehind: a stream whose rest is in the queue is not reported as up to date.
func TestBehind(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	step{"heal Order#good", "is up to date", "", 0}.run(t, port)
	view, good := dynamoview.New(f.client, f.located.Resources.Tables["orders"]), es.StreamID{Type: "Order", ID: "good"}
	read, err := view.Checkpoints(t.Context(), 1, good)
	if err != nil {
		t.Fatal(err)
	}
	next := read[good]
	next.Version, next.Behind = next.Version+1, true
	if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: good, Prev: read[good], Next: next}},
		nil); err != nil {
		t.Fatal(err)
	}
	o := operatorAt(t, port)
	const late = "orders: the function's time was over, and its queue has the rest"
	for want, names := range map[string][]string{late: nil, "": {"product-counts"}} {
		if got, err := o.behind(t.Context(), good, names); err != nil || got != want {
			t.Errorf("streams behind in %v: %q, %v, want %q", names, got, err, want)
		}
	}
	step{"parked retry orders Order#good", "retried 1, 0 still parked", "", 0}.run(t, port) // levels it
	f.mu.Lock()
	f.handlers[annalsaws.Projector] = idle{}
	f.mu.Unlock()
	if read, err = view.Checkpoints(t.Context(), 1, good); err != nil {
		t.Fatal(err)
	}
	next = read[good]
	next.Behind = true
	if err := view.Save(t.Context(), 1, []projection.CheckpointUpdate{{Stream: good, Prev: read[good], Next: next}},
		nil); err != nil {
		t.Fatal(err)
	}
	step{
		"parked retry orders Order#good", "retried 1, 0 still parked",
		"Order#good is still behind in orders: the function's time", 3,
	}.run(t, port)
	o.versions["orders"] = []int{99}
	if got, err := o.behind(t.Context(), good, nil); err != nil ||
		!strings.Contains(got, "the code that is deployed has no fold version") {
		t.Errorf("a stream of a fold version that is not deployed: %q, %v, want text that says so", got, err)
	}
}

// operatorAt returns the operator of a command.
func operatorAt(t *testing.T, port string) *operator {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetErr(io.Discard)
	o, err := (&cli{getenv: portOf(port), local: true}).operator(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// idle is a function that has no time: it leaves all to its queue.
type idle struct{}

func (idle) Invoke(context.Context, []byte) ([]byte, error) { return []byte(`{"annals":{}}`), nil }
