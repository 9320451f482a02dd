package main

import (
	"bytes"
	"sync"
	"testing"
)

// TestMendedConflicts: several commands that catch up the same stream conflict, and all succeed. None of them prints
// a conflict that was resolved by a retry.
func TestMendedConflicts(t *testing.T) { //nolint:paralleltest // sets the environment
	port := running(t)
	said := make([]bytes.Buffer, 12)
	var wg sync.WaitGroup
	for i := range said {
		wg.Go(func() {
			root := newRoot(portOf(port))
			root.SetOut(&bytes.Buffer{})
			root.SetErr(&said[i])
			root.SetArgs([]string{"--local", "heal", "Order#good"})
			if err := root.ExecuteContext(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range said {
		if said[i].Len() > 0 {
			t.Errorf("command printed %s, want nothing", &said[i])
		}
	}
}
