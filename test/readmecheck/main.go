// Readmecheck runs the commands of a Markdown file, and compares their output with the output that the file shows.
//
// In a block fenced as console, a line that starts with "$ " is a command (a trailing "\" continues it), and the lines
// after it are its output. Instants, generated ids, cursors and durations of tests may differ. A command is repeated
// for some seconds until the output is right, since read models lag behind commands.
//
// The flag -dir is for a page that builds something from nothing. Commands run in that folder, once. A block fenced as
// go whose first line names a file, such as "// loan/copy.go", is written to that file. It must be formatted by gofmt.
// Blocks of other kinds are ignored.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("readmecheck", flag.ContinueOnError)
	where := place{patience: 20 * time.Second, pause: 200 * time.Millisecond}
	flags.StringVar(&where.dir, "dir", "", "the folder that files are written to and commands run in")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("usage: readmecheck [-dir DIR] FILE.md …")
	}
	if where.dir != "" {
		where.patience, where.pause = 5*time.Minute, 0 // compiling takes long
	}
	ran := 0
	for _, file := range flags.Args() {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, s := range steps(string(text)) {
			n, err := s.do(where)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			ran += n
		}
	}
	if ran == 0 {
		return errors.New("no commands found: fence them as console")
	}
	fmt.Printf("%d commands print the documented output\n", ran)
	return nil
}

// place says where and how steps are done.
type place struct {
	dir string // "": the current folder, and files are not written
	// patience is how long a command may take to print the documented output. pause is how long to wait before it is
	// repeated; 0: it is not repeated.
	patience, pause time.Duration
}
