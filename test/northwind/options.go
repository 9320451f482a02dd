package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"
)

// options are the program's flags.
type options struct {
	url      string
	check    bool
	stores   string // compare what is answered from these stores besides DynamoDB, too
	atOnce   int
	patience time.Duration
}

const about = `northwind sends the orders of the Northwind sample database (1996-1998) through the service's HTTP API, waits until
the read models have caught up, and compares them with totals computed straight from the CSV files. It ends with status 1
at any difference. A second run changes nothing: every command carries an Idempotency-Key.

Usage: go run ./test/northwind [flags]

`

const environment = `
Environment:
  ANNALS_URL   the service's address, when -url is not given
  PORT         the port of a service on this machine, when neither is given (default 3000)
  STORES       sql,search,cache: the service has read models in these stores, too, and they are compared
`

// parse reads the arguments. An address that they do not have is taken from the environment.
//
// Errors: flag.ErrHelp for -h; wrong arguments.
func parse(args []string, getenv func(string) string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("northwind", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&o.url, "url", "", "the service's `address`, such as http://127.0.0.1:3000")
	flags.BoolVar(&o.check, "check", false, "import nothing, only compare")
	flags.IntVar(&o.atOnce, "at-once", 16, "how many orders to send at a time")
	flags.DurationVar(&o.patience, "patience", 2*time.Minute,
		"how long to wait for read models that do not change; 0 compares once")
	flags.Usage = func() {
		fmt.Fprint(out, about)
		flags.PrintDefaults()
		fmt.Fprint(out, environment)
	}
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q: -h lists the flags", flags.Arg(0))
	}
	if o.atOnce < 1 || o.patience < 0 {
		return options{}, errors.New("-at-once must be at least 1, and -patience not negative")
	}
	o.url = cmp.Or(o.url, getenv("ANNALS_URL"), "http://127.0.0.1:"+cmp.Or(getenv("PORT"), "3000"))
	o.stores = getenv("STORES")
	return o, nil
}
