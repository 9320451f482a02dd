// Command chaos runs the whole service under faults, and then checks that it kept every promise: `make chaos`.
// docs/testing.md describes what it does and what it found.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/dynamostore"
)

type options struct {
	length  time.Duration
	seed    uint64
	clients int
	bug     string
	out     string
	keep    bool
	compile bool
	stores  []string
}

func main() {
	var o options
	flag.DurationVar(&o.length, "for", 2*time.Minute, "how long faults are injected")
	flag.Uint64Var(&o.seed, "seed", rand.Uint64N(1_000_000), "seed of all random choices")
	flag.IntVar(&o.clients, "clients", 8, "how many clients send commands at the same time")
	flag.StringVar(&o.bug, "bug", "",
		"plant a bug that the checks must find: "+strings.Join(slices.Sorted(maps.Keys(bugs)), ", "))
	flag.StringVar(&o.out, "out", "build/chaos", "folder for the picture of the run")
	flag.BoolVar(&o.keep, "keep", false, "keep tables and logs even if no promise was violated")
	flag.BoolVar(&o.compile, "compile", false,
		"compile what a run is built of, which a later run finds in the build cache, and run nothing")
	flag.Func("stores", "stores of read models besides DynamoDB: sql,search,cache", func(text string) (err error) {
		o.stores, err = readStores(text)
		return err
	})
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := chaos(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func chaos(ctx context.Context, o options) error {
	changes := []change{jumpyClock, impatient}
	if o.bug != "" {
		bug, ok := bugs[o.bug]
		if !ok {
			return fmt.Errorf("unknown bug %q: -help lists the bugs", o.bug)
		}
		changes = append(changes, bug...)
	}
	dir, err := os.MkdirTemp("", "annals-chaos-")
	if err != nil {
		return err
	}
	if o.compile {
		return errors.Join(compile(ctx, dir, changes), os.RemoveAll(dir))
	}
	log := newTimeline()
	fmt.Printf("seed %d, %v, %d clients\n", o.seed, o.length, o.clients)
	m, err := start(ctx, dir, o, changes, log)
	if err != nil {
		return fmt.Errorf("%w (see %s)", err, dir)
	}
	h, err := withFaults(ctx, o, m, log)
	err = errors.Join(err, m.stop())
	if err == nil && len(h.violations) == 0 && !o.keep {
		return os.RemoveAll(dir)
	}
	fmt.Printf("tables and logs are in %s\n", dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "violations.txt"), []byte(strings.Join(h.violations, "\n")),
		0o600); err != nil {
		return err
	}
	for _, v := range h.violations[:min(len(h.violations), 20)] {
		fmt.Println("VIOLATED:", v)
	}
	if n := len(h.violations); n > 0 {
		return fmt.Errorf("%d violations with seed %d", n, o.seed)
	}
	return nil
}

// withFaults runs clients while faults are injected. After the faults have stopped, it checks every promise.
func withFaults(ctx context.Context, o options, m *machine, log *timeline) (*history, error) {
	h := &history{}
	c := &client{
		base: m.Base, log: log, faults: m.proxy.injecting.Load, history: h,
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * o.clients}},
	}
	if err := m.openStores(ctx, c, o.stores); err != nil {
		return nil, err
	}
	if err := newStory(c, o.seed, 0).stock(ctx); err != nil {
		return nil, err
	}
	log.restart()
	faults, stop := context.WithTimeout(ctx, o.length)
	defer stop()
	m.proxy.injecting.Store(true)
	var work sync.WaitGroup
	for n := range o.clients {
		work.Go(func() { newStory(c, o.seed, n+1).run(faults, ctx) })
	}
	for _, s := range m.stores {
		work.Go(func() { s.harass(faults, o.seed) })
	}
	err := m.harass(faults, o.seed)
	stop()
	m.proxy.injecting.Store(false)
	work.Wait()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return nil, err
	}
	picture := filepath.Join(o.out, "chaos.svg")
	if err := log.draw(picture, fmt.Sprintf("%d clients, seed %d", o.clients, o.seed)); err != nil {
		return nil, err
	}
	var environment map[string]string
	if status := c.get(ctx, "/_local/functions/CommandFunction/environment", nil, &environment); status != http.StatusOK {
		return nil, fmt.Errorf("ask the runner for the environment of CommandFunction: it answered %d", status)
	}
	store, err := open(m.db.Endpoint, environment[annalsaws.Events.Env()])
	if err != nil {
		return nil, err
	}
	m.checkApart(ctx, newStory(c, o.seed, o.clients+1))
	m.checkLevel(ctx, c, store)
	return h, report(ctx, c, m, store, picture)
}

func open(endpoint, table string) (*dynamostore.Store, error) {
	return dynamostore.New(dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "local",
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	}), table, dynamostore.Config{})
}

// report checks every promise, and prints what the run did.
func report(ctx context.Context, c *client, m *machine, store *dynamostore.Store, picture string) error {
	h := c.history
	s, err := readAll(ctx, store)
	if err != nil {
		return err
	}
	for end := time.Now().Add(level); len(s.checkReactions()) > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(time.Second)
		if s, err = readAll(ctx, store); err != nil {
			return err
		}
	}
	models, wrong := c.checkModels(ctx, s)
	s.check(h)
	if err := checkChains(ctx, store, h); err != nil {
		return err
	}
	linear := checkAccounts(s, h)
	h.violations = append(append(h.violations, s.checkReactions()...), wrong...)
	m.checkLosses(ctx, c, s.foldStores()) // last: it sends commands
	counts := c.log.counts()
	fmt.Printf("commands: %d acknowledged, %d rejected, %d of unknown outcome; %d repeats\n",
		counts["acked"], counts["rejected"], counts["unknown"], counts["repeated"]+counts["repeated after the answer"])
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if isFault(kind) || kind == killedDynamoDB || kind == killedFunction || isLoss(kind) {
			fmt.Printf("  %6d × %s\n", counts[kind], kind)
		}
	}
	fmt.Printf("rejections after a lost answer: %d; %d of these commands were stored by an earlier attempt\n",
		counts["rejection doubted"], counts["rejection wrong"])
	fmt.Printf("queries with a token: %d answered, %d not answered in time\n", counts["token answered"],
		counts["token not answered"])
	fmt.Printf("checked: %d commits in %d streams, %d answers of queries, %d operations on accounts; %d violations\n",
		s.commits, len(s.streams), models, linear, len(h.violations))
	for _, s := range m.stores {
		fmt.Println(s.describe())
	}
	cancelled, taken := s.deadlines()
	fmt.Printf("orders: %d cancelled at their deadline, %d paid from an account\n", cancelled, taken)
	fmt.Printf("picture: %s\n", picture)
	return nil
}
