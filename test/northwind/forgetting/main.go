// Command forgetting checks on the running service that a forgotten person is gone: `make forgetting`. It imports a part
// of Northwind, forgets customers, and searches everything that is stored for their data. README.md describes it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	keep := flag.Bool("keep", false, "keep the archive and the logs even if everything was as expected")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := forgetting(ctx, *keep, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "forgetting:", err)
		os.Exit(1)
	}
}

func forgetting(ctx context.Context, keep bool, out io.Writer) error {
	dir, err := os.MkdirTemp("", "annals-forgetting-")
	if err != nil {
		return err
	}
	started := time.Now()
	s, err := start(ctx, dir)
	if err == nil {
		err = run(ctx, s, out)
	}
	if stopped := s.stop(); err == nil {
		err = stopped
	}
	if err != nil {
		return fmt.Errorf("%w (files and logs are in %s)", err, dir)
	}
	fmt.Fprintf(out, "everything as expected, in %.0f s\n", time.Since(started).Seconds())
	if keep {
		fmt.Fprintln(out, "files and logs are in", dir)
		return nil
	}
	return os.RemoveAll(dir)
}
