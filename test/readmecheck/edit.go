package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// edit changes a file. The first line of its block names the file: "--- book/state.go". Then there are one or more
// changes, separated by lines "@@". Of the lines of a change, those that begin with "-" are taken out, those with "+"
// are put in, and the others show the place. The lines that were there must be there once.
type edit struct{ name, changes string }

// newEdit returns the edit of a block.
func newEdit(block string) (edit, bool) {
	first, rest, _ := strings.Cut(block, "\n")
	name, named := strings.CutPrefix(first, "--- ")
	return edit{name, rest}, named
}

func (e edit) do(_ context.Context, where *place) (int, error) {
	if !where.builds {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(where.dir, e.name))
	if err != nil {
		return 0, err
	}
	edited := string(text)
	for change := range strings.SplitSeq(e.changes, "@@\n") {
		if change == "" { // a line @@ may come first
			continue
		}
		old, now, err := sides(change)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", e.name, err)
		}
		if n := strings.Count("\n"+edited, "\n"+old); n != 1 {
			return 0, fmt.Errorf("%s has this %d times, want it once:\n%s", e.name, n, old)
		}
		edited = strings.Replace("\n"+edited, "\n"+old, "\n"+now, 1)[1:]
	}
	return 0, file{e.name, edited}.write(where)
}

// sides returns the lines of a change as they are before it and after it.
func sides(change string) (old, now string, err error) {
	var before, after strings.Builder
	for line := range strings.Lines(change) {
		kind, text := line[0], line[1:]
		switch kind {
		case '-':
			before.WriteString(text)
		case '+':
			after.WriteString(text)
		case ' ':
			before.WriteString(text)
			after.WriteString(text)
		case '\n': // an empty line, without its space
			before.WriteString(line)
			after.WriteString(line)
		default:
			return "", "", fmt.Errorf("a line of a change begins with %q: %s", kind, line)
		}
	}
	if before.Len() == 0 || before.String() == after.String() {
		return "", "", errors.New("a change needs lines that are there, and lines that change")
	}
	return before.String(), after.String(), nil
}
