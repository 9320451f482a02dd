package runner

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// config is the settings from the environment and the command line.
type config struct {
	root     string // the module's root; the working directory, if a template is run outside any module
	state    string // folder for everything that is kept between runs
	template string // a synthesized folder; empty: build and synthesize
	port     int
	dynamodb string // address of a running DynamoDB; empty: download and start DynamoDB Local
	fresh    bool
	auth     bool        // require tokens
	kinds    []storeKind // the stores of read models besides DynamoDB
	beside   []Beside
	// concurrency is the limit of concurrent invocations for a function without reserved concurrency.
	concurrency int
}

// defaultConcurrency keeps the wait for one of lambda.MaxProcesses short: at 20 ms an invocation, the wait is at most
// 0.2 s.
const defaultConcurrency = 100

func configure(o Options, getenv func(string) string) (config, error) {
	c := config{template: o.Template, state: o.State, beside: o.Beside}
	var err error
	if c.root, err = dynamolocal.Root(); err != nil && c.template == "" {
		return c, errors.New("no go.mod in this folder or above it: run this inside the module of a service " +
			"(`annals new service` writes one), or run a synthesized folder with --template")
	}
	if c.root == "" {
		c.root = "."
	}
	if c.root, err = filepath.Abs(c.root); err != nil {
		return c, err
	}
	if c.state == "" {
		c.state = filepath.Join(c.root, ".local")
	}
	if c.state, err = filepath.Abs(c.state); err != nil {
		return c, err
	}
	c.port = 3000
	if text := getenv("PORT"); text != "" {
		if c.port, err = strconv.Atoi(text); err != nil || c.port < 0 || c.port > 65535 {
			return c, fmt.Errorf("PORT=%s is not a port number", text)
		}
	}
	c.concurrency = defaultConcurrency
	if text := getenv("CONCURRENCY"); text != "" {
		if c.concurrency, err = strconv.Atoi(text); err != nil || c.concurrency < 1 {
			return c, fmt.Errorf("CONCURRENCY=%s is not a number of invocations: use 1 or more", text)
		}
	}
	if c.dynamodb = getenv("DYNAMODB_ENDPOINT"); c.dynamodb != "" {
		if u, err := url.Parse(c.dynamodb); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return c, fmt.Errorf("DYNAMODB_ENDPOINT=%s is not an address: use one like http://127.0.0.1:8000", c.dynamodb)
		}
	}
	err = c.switches(getenv)
	return c, err
}

// switches reads what is on or off.
func (c *config) switches(getenv func(string) string) error {
	var err error
	if c.kinds, err = readStores(getenv("STORES")); err != nil {
		return err
	}
	if c.fresh, err = truth("FRESH", getenv("FRESH")); err != nil {
		return err
	}
	c.auth, err = truth("AUTH", getenv("AUTH"))
	return err
}

// truth reads a switch. Unset, empty, off, 0 and false mean off.
func truth(name, text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	switch text {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s=%s is not valid: use 1 or 0", name, text)
	}
	return on, nil
}

// stores are the stores of read models besides DynamoDB.
func (c config) stores() (names []string) {
	for _, k := range c.kinds {
		names = append(names, k.name)
	}
	return names
}

// The folders that are kept between runs.
func (c config) data() string        { return filepath.Join(c.state, "data") }
func (c config) checkpoints() string { return filepath.Join(c.state, "checkpoints") }
func (c config) busFiles() string    { return filepath.Join(c.state, "buses") }
func (c config) executions() string  { return filepath.Join(c.state, "executions") }
func (c config) queueFiles() string  { return filepath.Join(c.state, "queues") }

func (c config) scheduleFiles() string { return filepath.Join(c.state, "schedules") }
func (c config) bucketFolders() string { return filepath.Join(c.state, "buckets") }
