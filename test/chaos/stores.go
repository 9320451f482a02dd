package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// storeKind is a store of read models besides DynamoDB, whose server the runner starts.
type storeKind struct {
	// title is the server's name in the report. program is that of its process.
	title, program string
	// variable tells functions its address.
	variable string
	// ping reports whether the server has started.
	ping func(ctx context.Context, address *url.URL) bool
	// wipe deletes everything that the server stores, at its address. It is nil for a store that loses nothing.
	wipe func(ctx context.Context, address *url.URL) error
	// prefix is that of the paths of its queries, and query is one of them.
	prefix, query string
}

// storeKinds are the stores by their names in STORES.
var storeKinds = map[string]storeKind{
	"sql": {
		title: "PostgreSQL", program: "postgres", variable: "ANNALS_SQL_URL", ping: connects,
		prefix: "/sales/", query: "/sales/months",
	},
	"search": {
		title: "OpenSearch", program: "java", variable: "ANNALS_SEARCH_URL", ping: isHealthy,
		wipe: deleteIndexes, prefix: "/orders/search", query: "/orders/search?q=" + town + "&limit=1",
	},
	"cache": {
		title: "Redis", program: "redis-server", variable: "ANNALS_CACHE_URL", ping: pings,
		wipe: flushAll, prefix: "/products/best-sellers", query: "/products/best-sellers",
	},
}

// readStores reads a list of names with commas.
func readStores(text string) (names []string, err error) {
	for name := range strings.SplitSeq(text, ",") {
		if _, known := storeKinds[name]; text != "" && !known {
			return nil, fmt.Errorf("unknown store %q: use sql, search, cache", name)
		}
		if text != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// store is a store of the running service.
type store struct {
	storeKind
	name    string
	machine *machine
	address *url.URL
	// levels are how long it took until the store was level, each time.
	levels []time.Duration
	// compared is how many answers are compared each time.
	compared int
}

// openStores finds the addresses of the service's stores.
func (m *machine) openStores(ctx context.Context, c *client, names []string) error {
	if len(names) == 0 {
		return nil
	}
	var environment map[string]string
	status := c.get(ctx, "/_local/functions/ProjectorFunction/environment", nil, &environment)
	if status != http.StatusOK {
		return fmt.Errorf("ask the runner for the environment of ProjectorFunction: it answered %d", status)
	}
	for _, name := range names {
		kind := storeKinds[name]
		address, err := url.Parse(environment[kind.variable])
		if err != nil || address.Host == "" {
			return fmt.Errorf("the environment of ProjectorFunction has no address of %s: %s=%s", kind.title,
				kind.variable, environment[kind.variable])
		}
		m.stores = append(m.stores, &store{storeKind: kind, name: name, machine: m, address: address})
	}
	return nil
}

// harass stops and kills the store's server until the context ends, and wipes the store once. The choices depend on
// the seed alone.
func (s *store) harass(ctx context.Context, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, uint64(s.title[0])<<32))
	wipeAt := dice.IntN(3)
	if s.wipe == nil {
		wipeAt = -1
	}
	for n := 0; ; n++ {
		sleep(ctx, time.Duration(3000+dice.IntN(15_000))*time.Millisecond)
		if ctx.Err() != nil {
			return
		}
		switch kill := dice.IntN(3) == 0; {
		case n == wipeAt:
			s.lose(ctx)
		case kill:
			s.kill(ctx)
		default:
			s.stop(ctx, time.Duration(5000+dice.IntN(15_000))*time.Millisecond)
		}
	}
}

// sleep waits, but not longer than the context lasts.
func sleep(ctx context.Context, long time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(long):
	}
}

// stop halts the server for a time, or until the context ends: it does not answer, and nobody notices that it is away.
func (s *store) stop(ctx context.Context, long time.Duration) {
	resume := s.halt()
	defer resume()
	sleep(ctx, long)
}

// halt halts the server until resume is called.
func (s *store) halt() (resume func()) {
	all := s.machine.Server(s.program)
	if len(all) == 0 {
		return func() {}
	}
	_ = syscall.Kill(all[0], syscall.SIGSTOP) // first: it starts no other process then
	all = s.machine.Server(s.program)
	for _, pid := range all {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	s.machine.log.add(s.title + stopped)
	return func() {
		for _, pid := range slices.Backward(all) {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	}
}

// kill ends the server with SIGKILL. The runner starts it again. It would give up a server that is killed during that,
// so a server that was killed before has to have started.
func (s *store) kill(ctx context.Context) {
	for !s.ping(ctx, s.address) && ctx.Err() == nil {
		sleep(ctx, 200*time.Millisecond)
	}
	if sleep(ctx, time.Second); ctx.Err() != nil { // until the runner knows, too
		return
	}
	all := s.machine.Server(s.program)
	if len(all) > 0 && syscall.Kill(all[0], syscall.SIGKILL) == nil {
		s.machine.log.add(s.title + killed)
	}
}

// lose wipes the store. A server that is just started again is asked until it answers.
func (s *store) lose(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.wipe(ctx, s.address); err == nil {
			s.machine.log.add(s.title + wiped)
			return
		}
		sleep(ctx, 200*time.Millisecond)
	}
}

// What happens to a store, after its title.
const stopped, killed, wiped = " stopped", " killed", " wiped"

// isLoss reports whether a kind of event happened to a store.
func isLoss(kind string) bool {
	for _, k := range storeKinds {
		what, is := strings.CutPrefix(kind, k.title)
		if is && slices.Contains([]string{stopped, killed, wiped}, what) {
			return true
		}
	}
	return false
}

// connects reports whether a PostgreSQL accepts connections.
func connects(ctx context.Context, address *url.URL) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address.String())
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

// pings reports whether a Redis answers.
func pings(ctx context.Context, address *url.URL) bool {
	return tell(ctx, address, "PING", "+PONG") == nil
}

// flushAll deletes everything from a Redis.
func flushAll(ctx context.Context, address *url.URL) error {
	return tell(ctx, address, "FLUSHALL", "+OK")
}

// tell sends a command to a Redis, which must give the answer.
func tell(ctx context.Context, address *url.URL, command, answer string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address.Host)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if line = strings.TrimSpace(line); err == nil && line != answer {
		err = fmt.Errorf("Redis answered %s with %s", command, line)
	}
	return err
}

// isHealthy reports whether an OpenSearch answers, and has the indexes of its data.
func isHealthy(ctx context.Context, address *url.URL) bool {
	health := address.JoinPath("_cluster", "health").String() + "?wait_for_status=yellow&timeout=5s"
	_, err := call(ctx, http.MethodGet, health)
	return err == nil
}

// deleteIndexes deletes the indexes of all read models from an OpenSearch.
func deleteIndexes(ctx context.Context, address *url.URL) error {
	names, err := call(ctx, http.MethodGet, address.JoinPath("_cat", "indices", "annals-*").String()+"?h=index")
	if err != nil {
		return err
	}
	found := strings.Fields(names)
	if len(found) == 0 {
		return errors.New("there is no index annals-*")
	}
	_, err = call(ctx, http.MethodDelete, address.JoinPath(strings.Join(found, ",")).String())
	return err
}

// call sends a request without a body, and returns the answer's.
func call(ctx context.Context, method, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: status %d: %s", method, address, answer.StatusCode, text)
	}
	return string(text), err
}
