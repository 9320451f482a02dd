// Command load measures the whole service on this machine under load: `make load`. First, more and more clients send a
// mix of commands and queries. Then a steady load shows leaks, and an overload shows how the service refuses requests.
// docs/performance.md has the results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/annals-es/annals/test/internal/servicetest"
)

type options struct {
	clients  []int
	each     time.Duration
	soak     time.Duration
	overload time.Duration
	files    bool
	out      string
}

func main() {
	var o options
	flag.Func("clients", "how many clients work at the same time, one level after the other (default 1,2,4,8,16,32,64)",
		o.levels)
	flag.DurationVar(&o.each, "each", 20*time.Second, "how long each level takes")
	flag.DurationVar(&o.soak, "soak", 0, "how long the steady load takes; 0: no steady load")
	flag.DurationVar(&o.overload, "overload", 15*time.Second, "how long the overload takes; 0: no overload")
	flag.BoolVar(&o.files, "files", false, "have DynamoDB Local keep its tables on files, as `make run` does; otherwise "+
		"in memory, so that the disk is not what is measured")
	flag.StringVar(&o.out, "out", "build/load", "folder for the pictures and the tables")
	flag.Parse()
	if o.clients == nil {
		o.clients = []int{1, 2, 4, 8, 16, 32, 64}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := load(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (o *options) levels(list string) error {
	o.clients = nil
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return fmt.Errorf("%q is not a number of clients: want 1 to 1000", text)
		}
		o.clients = append(o.clients, n)
	}
	return nil
}

func load(ctx context.Context, o options) error {
	data := servicetest.InMemory
	if o.files {
		data = func(dir string) string { return filepath.Join(dir, "data") }
	}
	return servicetest.On(ctx, "", data, servicetest.Directly, func(s *servicetest.Service) error {
		return run(ctx, o, s)
	})
}

// run takes all measurements. It writes the results even if a check failed.
func run(ctx context.Context, o options, service *servicetest.Service) error {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	t := traffic{base: service.Base, run: uuid.NewString()[:8]}
	if err := t.prepare(); err != nil {
		return err
	}
	b := &bench{traffic: t, memory: newMemory(service)}
	watching, enough := context.WithCancel(ctx)
	defer enough()
	go b.memory.watch(watching)

	var wrong []error
	var levels []*measured
	for _, clients := range o.clients {
		m := b.measure(ctx, strconv.Itoa(clients), clients, o.each)
		levels = append(levels, m)
		wrong = append(wrong, m.check())
	}
	tables := table(levels)
	if err := drawLevels(filepath.Join(o.out, "load.svg"), o.clients, levels); err != nil {
		return err
	}
	if o.soak > 0 && ctx.Err() == nil {
		text, err := b.soak(ctx, o)
		tables += "\n" + text
		wrong = append(wrong, err)
	}
	if o.overload > 0 && ctx.Err() == nil {
		text, err := b.overload(ctx, o, levels)
		tables += "\n" + text
		wrong = append(wrong, err)
	}
	fmt.Println(tables)
	fmt.Printf("pictures and tables: %s\n", o.out)
	wrong = append(wrong, ctx.Err(), os.WriteFile(filepath.Join(o.out, "load.md"), []byte(tables), 0o644))
	return errors.Join(wrong...)
}
