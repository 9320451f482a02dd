package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// TestRebuild: the command starts the state machine and waits until another generation serves, or the execution failed.
func TestRebuild(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFake(t, nil)
	f.fill(t)
	if _, err := line(t, port, "heal", "Order#bad"); err == nil { // it waits in the generation that serves, too
		t.Error("what can't be applied is level")
	}
	out, err := line(t, port, "rebuild", "orders")
	if exitCode(err) != exitFindings || !strings.Contains(out, "orders: generation 2 serves after") ||
		!strings.Contains(err.Error(), "such as Order#bad") {
		t.Errorf("rebuild with a parked stream printed %s, error %v; want generation 2 to serve, and an error that names "+
			"Order#bad", out, err)
	}
	begun := f.started
	for name, want := range map[string]error{
		"nothing": &projection.UnknownProjectionError{Projection: "nothing"}, "reserve-stock": projection.ErrNotRebuilt,
	} {
		_, err := line(t, port, "rebuild", name)
		if unknown := new(projection.UnknownProjectionError); !errors.Is(err, want) && !errors.As(err, &unknown) {
			t.Errorf("rebuild %s: %v, want it refused", name, err)
		}
	}
	f.located.Resources.RebuildMachine = ""
	step{
		"rebuild orders", "", "the service has no state machine that rebuilds read models: deploy the stack again", 1,
	}.run(t, port)
	if f.started != begun {
		t.Errorf("%d executions were started in vain", f.started-begun)
	}
	delete(f.located.Resources.Functions, annalsaws.Projector)
	step{"rollback orders", "", "the service has no projector function: deploy the stack again", 1}.run(t, port)
}
