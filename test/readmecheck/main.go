// Readmecheck runs the commands of a Markdown file and compares what they print with what the file says they print.
//
// In a block fenced as console, a line that starts with "$ " is a command (a trailing "\" continues it), and the lines
// after it are its output. Instants, generated ids, cursors and how long tests took may differ. A command is run again until
// it prints that, for some seconds: read models follow.
//
// With -dir, the file is one that builds something from nothing: commands run in that folder, once, and blocks fenced as go,
// whose first line names a file, "// loan/copy.go", are written there before what follows them. They must be as gofmt has them.
// Blocks of any other kind are neither run nor written.
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
		where.patience, where.pause = 5*time.Minute, 0 // compiling takes its time
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
		return errors.New("there is no command to run: fence them as console")
	}
	fmt.Printf("%d commands print what is written\n", ran)
	return nil
}

// place is where steps are done, and how.
type place struct {
	dir string // "" = here, and files are not written
	// patience is how long a command may take to print what is written, pause how long to wait before it is run again, 0 = it
	// is run once.
	patience, pause time.Duration
}
