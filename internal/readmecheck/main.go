// Readmecheck runs the commands of a Markdown file and compares what they print with what the file says they print.
//
// In a block fenced as console, a line that starts with "$ " is a command (a trailing "\" continues it), and the lines
// after it are its output. Instants, generated ids and cursors may differ. Blocks of any other kind are not run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(files []string) error {
	if len(files) == 0 {
		return errors.New("usage: readmecheck FILE.md …")
	}
	ran := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, c := range commands(string(text)) {
			fmt.Println("$", c.text)
			if err := c.check(); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			ran++
		}
	}
	if ran == 0 {
		return errors.New("there is no command to run: fence them as console")
	}
	fmt.Printf("%d commands print what is written\n", ran)
	return nil
}

// command is a command with the output that is written after it.
type command struct{ text, output string }

func commands(markdown string) []command {
	var all []command
	inside, open := false, false
	for line := range strings.Lines(markdown) {
		line = strings.TrimRight(line, "\n")
		switch text, isCommand := strings.CutPrefix(line, "$ "); {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside, !isCommand && len(all) == 0:
		case isCommand:
			all = append(all, command{text: text})
			open = strings.HasSuffix(text, "\\")
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

// patience is how long a read model may take to show what a command did.
const patience = 20 * time.Second

// check runs the command until it prints what is written.
func (c command) check() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		out, err := exec.CommandContext(ctx, "bash", "-c", c.text).CombinedOutput()
		if err == nil && mask(string(out)) == mask(c.output) {
			return nil
		}
		select {
		case <-ctx.Done():
			if err == nil {
				err = errors.New("that is not what is written")
			}
			return fmt.Errorf("%q printed\n%s\nand not\n%s: %w", c.text, out, c.output, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

var masks = map[*regexp.Regexp]string{
	regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`):                      "<instant>",
	regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`): "<uuid>",
	regexp.MustCompile(`"next":"[\w-]+"`):                                              `"next":"<cursor>"`,
	regexp.MustCompile(`\s+\n`):                                                        "\n",
}

func mask(s string) string {
	s = strings.TrimSpace(s) + "\n"
	for pattern, with := range masks {
		s = pattern.ReplaceAllString(s, with)
	}
	return s
}
