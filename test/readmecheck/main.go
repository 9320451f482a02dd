// Readmecheck runs the commands of a Markdown file, and compares their output with the output that the file shows.
//
// In a block fenced as console, a line that starts with "$ " is a command (a trailing "\" continues it), and the lines
// after it are its output. Instants, generated ids, cursors and durations of tests may differ. In the output, "…"
// stands for any text: within a line, or for any number of lines if the line has nothing else. A command is repeated
// for up to a minute until the output is right, since read models lag behind commands.
//
// In a block fenced as console background, the command goes on while the next steps are done. They begin when its
// output is right. The line "^C" in a block fenced as console stops it. It must not have printed "panic: ".
//
// The flag -dir is for a page that builds something from nothing. Commands run in that folder, once if nothing runs in
// the background, and "$ cd FOLDER" is for all later steps. A block fenced as go whose first line names a file, such as
// "// loan/copy.go", is written to that file. A block fenced as diff changes a file: see [edit]. Go code must be
// formatted by gofmt. Blocks of other kinds are ignored.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("readmecheck", flag.ContinueOnError)
	where := &place{}
	flags.StringVar(&where.dir, "dir", "", "the folder that files are written to and commands run in")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("usage: readmecheck [-dir DIR] FILE.md …")
	}
	where.builds = where.dir != ""
	defer func() { err = errors.Join(err, where.interrupt()) }()
	ran := 0
	for _, file := range flags.Args() {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, s := range steps(string(text)) {
			n, err := s.do(ctx, where)
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
	builds  bool        // the page builds something: files are written
	dir     string      // "": the current folder
	running *background // nil if nothing runs in the background
}

// waits returns how long a command may take to print the documented output, and how long to wait before it is repeated;
// 0: it is not repeated.
func (p *place) waits() (patience, pause time.Duration) {
	if p.builds && p.running == nil {
		return compiling, 0
	}
	return time.Minute, 200 * time.Millisecond
}

// compiling is how long a command may take that compiles much.
const compiling = 5 * time.Minute
