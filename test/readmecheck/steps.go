package main

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
)

// step is one thing that the page tells its reader to do.
type step interface {
	// do does the step, and returns how many commands it ran.
	do(ctx context.Context, where *place) (int, error)
}

// steps returns the steps of a page, in order.
func steps(markdown string) []step {
	var all []step
	for fence, block := range blocks(markdown) {
		switch fence {
		case "console":
			all = append(all, commands(block)...)
		case "console background":
			for _, s := range commands(block) {
				if c, is := s.(command); is {
					all = append(all, &background{command: c})
				}
			}
		case "diff":
			if e, is := newEdit(block); is {
				all = append(all, e)
			}
		case "go":
			first, _, _ := strings.Cut(block, "\n")
			if name, named := strings.CutPrefix(first, "// "); named && strings.HasSuffix(name, ".go") &&
				!strings.Contains(name, " ") {
				all = append(all, file{name, block})
			}
		}
	}
	return all
}

// blocks yields the fenced blocks of a page, each with the words after its fence.
func blocks(markdown string) func(yield func(fence, block string) bool) {
	return func(yield func(fence, block string) bool) {
		var block strings.Builder
		fence, inside := "", false
		for line := range strings.Lines(markdown) {
			rest, fenced := strings.CutPrefix(line, "```")
			switch {
			case fenced && inside:
				if !yield(fence, block.String()) {
					return
				}
				inside = false
			case fenced:
				fence, inside = strings.TrimSpace(rest), true
				block.Reset()
			case inside:
				block.WriteString(line)
			}
		}
	}
}

// file is a file that the page shows.
type file struct{ name, content string }

func (f file) do(_ context.Context, where *place) (int, error) {
	if !where.builds {
		return 0, nil
	}
	return 0, f.write(where)
}

// write writes the file. Go code must be formatted.
func (f file) write(where *place) error {
	if strings.HasSuffix(f.name, ".go") {
		formatted, err := format.Source([]byte(f.content))
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if !bytes.Equal(formatted, []byte(f.content)) {
			return fmt.Errorf("%s is not formatted by gofmt, want:\n%s", f.name, formatted)
		}
	}
	path := filepath.Join(where.dir, f.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	fmt.Println("wrote", f.name)
	return os.WriteFile(path, []byte(f.content), 0o644)
}
