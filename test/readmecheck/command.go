package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// command is a command with its documented output.
type command struct{ text, output string }

// commands returns the commands of a block.
func commands(block string) []command {
	var all []command
	open := false
	for line := range strings.Lines(block) {
		line = strings.TrimRight(line, "\n")
		switch text, isCommand := strings.CutPrefix(line, "$ "); {
		case isCommand:
			all = append(all, command{text: text})
			open = strings.HasSuffix(text, "\\")
		case len(all) == 0:
		case open:
			last := &all[len(all)-1]
			last.text += "\n" + line
			open = strings.HasSuffix(line, "\\")
		default:
			all[len(all)-1].output += line + "\n"
		}
	}
	return all
}

// do runs the command until it prints the documented output.
func (c command) do(where place) (int, error) {
	fmt.Println("$", c.text)
	ctx, cancel := context.WithTimeout(context.Background(), where.patience)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, "bash", "-c", c.text)
		cmd.Dir = where.dir
		out, err := cmd.CombinedOutput()
		if err == nil && mask(string(out)) == mask(c.output) {
			return 1, nil
		}
		if err == nil {
			err = errors.New("the output differs")
		}
		err = fmt.Errorf("%q printed\n%s\nwant\n%s: %w", c.text, out, c.output, err)
		if where.pause == 0 {
			return 1, err
		}
		select {
		case <-ctx.Done():
			return 1, err
		case <-time.After(where.pause):
		}
	}
}

var masks = map[*regexp.Regexp]string{
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`):                      "<instant>",
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`): "<uuid>",
	regexp.MustCompile(`"next":"[\w-]+"`):                                              `"next":"<cursor>"`,
	regexp.MustCompile(`(?m)^(ok\s+\S+)\s+(\d+\.\d+s|\(cached\))$`):                    "$1 <time>",
	regexp.MustCompile(`\s+\n`):                                                        "\n",
}

func mask(s string) string {
	s = strings.TrimSpace(s) + "\n"
	for pattern, with := range masks {
		s = pattern.ReplaceAllString(s, with)
	}
	return s
}
