package main

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// TestBugsFit: each bug still fits the source, and compiles.
func TestBugsFit(t *testing.T) {
	t.Parallel()
	root, err := dynamolocal.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(bugs)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overlay, err := writeOverlay(t.Context(), root, t.TempDir(), bugs[name])
			if err != nil {
				t.Fatal(err)
			}
			build := exec.Command("go", "build", "-overlay", overlay, "./pkg/es/...")
			build.Dir = root
			if said, err := build.CombinedOutput(); err != nil {
				t.Errorf("build with the overlay: %v\n%s", err, said)
			}
		})
	}
}

// TestOverlayRefusesWhatMovedOn: a change whose text is no longer in the source is an error.
func TestOverlayRefusesWhatMovedOn(t *testing.T) {
	t.Parallel()
	root, err := dynamolocal.Root()
	if err != nil {
		t.Fatal(err)
	}
	_, err = writeOverlay(t.Context(), root, t.TempDir(), []change{{file: "go.mod", old: "no such text"}})
	if err == nil || !strings.Contains(err.Error(), "go.mod has this text 0 times") {
		t.Errorf("overlay of a text that is not there: %v, want an error", err)
	}
	if _, err := writeOverlay(t.Context(), root, t.TempDir(), []change{jumpyClock}); err != nil {
		t.Errorf("overlay of the clock: %v", err)
	}
}
