package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command is a command with its documented output.
type command struct{ text, output string }

// commands returns the commands of a block, and the interrupts between them.
func commands(block string) []step {
	var all []step
	var last *command
	flush := func() {
		if last != nil {
			all = append(all, *last)
		}
		last = nil
	}
	open := false
	for line := range strings.Lines(block) {
		line = strings.TrimRight(line, "\n")
		switch text, isCommand := strings.CutPrefix(line, "$ "); {
		case isCommand:
			flush()
			last = &command{text: text}
			open = strings.HasSuffix(text, "\\")
		case line == "^C":
			flush()
			all = append(all, interrupt{})
		case last == nil:
		case open:
			last.text += "\n" + line
			open = strings.HasSuffix(line, "\\")
		default:
			last.output += line + "\n"
		}
	}
	flush()
	return all
}

// do runs the command until it prints the documented output.
func (c command) do(ctx context.Context, where *place) (int, error) {
	fmt.Println("$", c.text)
	if to, is := strings.CutPrefix(c.text, "cd "); is && where.builds {
		where.dir = filepath.Join(where.dir, to)
		return 1, nil
	}
	patience, pause := where.waits()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, "bash", "-c", c.text)
		cmd.Dir = where.dir
		out, err := cmd.CombinedOutput()
		if err == nil && same(string(out), c.output) {
			return 1, nil
		}
		if err == nil {
			err = errors.New("the output differs")
		}
		err = fmt.Errorf("%q printed\n%s\nwant\n%s: %w", c.text, out, c.output, err)
		if pause == 0 {
			return 1, err
		}
		select {
		case <-ctx.Done():
			return 1, err
		case <-time.After(pause):
		}
	}
}
