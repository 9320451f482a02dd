// Command listen prints, as they come over WebSocket, the changes of a read model.
//
// `go run ./examples/listen -h` explains its flags.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the program's arguments.
type options struct {
	url, token                   string
	projection, stream, customer string
	count                        int
	wait                         time.Duration
	command                      []string // runs once the program is subscribed
}

const usage = `listen subscribes to the changes of a read model, of one stream or of one customer's, and prints each as a line of JSON.
It hears of what its own principal created: the subject of the token in TOKEN, where the service asks for one. It ends with status 0 after -n of them.

Usage: go run ./examples/listen [flags] [-- command to run once it listens]

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	if err == nil {
		err = listen(ctx, o, os.Stdout, os.Stderr)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "listen:", err)
		os.Exit(1) //nolint:gocritic // nothing to clean up
	}
}

// parse reads the arguments. After -h, the error is flag.ErrHelp.
func parse(args []string, getenv func(string) string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("listen", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&o.url, "url", "", "`address` of the WebSocket API (default ws://127.0.0.1:$PORT/_socket, port 3000)")
	flags.StringVar(&o.projection, "projection", "orders", "the read model's name")
	flags.StringVar(&o.stream, "stream", "", "the stream, such as Order#o-1")
	flags.StringVar(&o.customer, "customer", "", "the customer, instead of a stream")
	flags.IntVar(&o.count, "n", 1, "how many changes to print")
	flags.DurationVar(&o.wait, "wait", time.Minute, "how long to wait for them")
	flags.Usage = func() {
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.command, o.token = flags.Args(), getenv("TOKEN") // a variable, because other users can see arguments
	o.url = cmp.Or(o.url, "ws://127.0.0.1:"+cmp.Or(getenv("PORT"), "3000")+"/_socket")
	if o.count < 1 || o.wait <= 0 {
		return o, errors.New("-n and -wait must be positive")
	}
	return o, nil
}
