package runner

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/internal/debian"
	"github.com/annals-es/annals/local/opensearch"
	"github.com/annals-es/annals/local/postgres"
	"github.com/annals-es/annals/local/redis"
)

// storeServer is the server of a store.
type storeServer interface {
	Port() int
	Done() <-chan struct{}
	LastWords() string
	Stop() error
}

// storeKind is a store of read models besides DynamoDB that the runner can start.
type storeKind struct {
	// name is its name in STORES. title is that of its server, for messages.
	name, title string
	// variable tells functions its address.
	variable string
	// folder is the folder of its data, below the state.
	folder string
	// ensure installs or fetches what is missing, and writes about that to say.
	ensure func(ctx context.Context, say io.Writer) error
	// start starts the server, and returns its address.
	start func(ctx context.Context, dir string, port int) (storeServer, string, error)
}

var storeKinds = []storeKind{
	{
		"sql", "PostgreSQL", "ANNALS_SQL_URL", "postgres", debian.EnsurePostgres,
		func(ctx context.Context, dir string, port int) (storeServer, string, error) {
			return started(postgres.Start(ctx, postgres.Config{Dir: dir, Port: port}))(
				func(s *postgres.Server) string { return s.URL("annals") })
		},
	},
	{
		"search", "OpenSearch", "ANNALS_SEARCH_URL", "search", ensureOpenSearch,
		func(ctx context.Context, dir string, port int) (storeServer, string, error) {
			return started(opensearch.Start(ctx, opensearch.Config{Home: openSearchHome, Dir: dir, Port: port}))(
				(*opensearch.Server).URL)
		},
	},
	{
		"cache", "Valkey or Redis", "ANNALS_CACHE_URL", "cache", debian.EnsureRedis,
		func(ctx context.Context, dir string, port int) (storeServer, string, error) {
			return started(redis.Start(ctx, redis.Config{Dir: dir, Port: port}))(
				func(s *redis.Server) string { return s.URL(0) })
		},
	},
}

// started is the result of a start, once it is known how to tell the server's address.
func started[S storeServer](s S, err error) func(func(S) string) (storeServer, string, error) {
	return func(address func(S) string) (storeServer, string, error) {
		if err != nil {
			return nil, "", err
		}
		return s, address(s), nil
	}
}

// openSearchHome is where OpenSearch is fetched to, for all states.
var openSearchHome = filepath.Join(".local", "opensearch")

// ensureOpenSearch fetches OpenSearch with Maven, unless it is there.
func ensureOpenSearch(ctx context.Context, say io.Writer) error {
	if err := debian.EnsureJava(ctx, say); err != nil {
		return err
	}
	if opensearch.Brought(openSearchHome) {
		return nil
	}
	if err := debian.EnsureMaven(ctx, say); err != nil {
		return err
	}
	fmt.Fprintln(say, "OpenSearch is missing: fetching it with Maven")
	return opensearch.Ensure(ctx, openSearchHome)
}

// readStores reads STORES, a list of names with commas.
func readStores(text string) (all []storeKind, err error) {
	if text == "" {
		return nil, nil
	}
	var names []string
	for _, k := range storeKinds {
		names = append(names, k.name)
	}
	for name := range strings.SplitSeq(text, ",") {
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fmt.Errorf("STORES=%s: there is no store %q: use %s", text, name, strings.Join(names, ", "))
		}
		if !slices.ContainsFunc(all, func(k storeKind) bool { return k.name == name }) {
			all = append(all, storeKinds[i])
		}
	}
	return all, nil
}

// storeData is the folder of a store's data.
func (c config) storeData(k storeKind) string { return filepath.Join(c.state, k.folder) }

// runningStore is a store whose server is started again if it ends by itself.
type runningStore struct {
	storeKind
	url    string
	cancel context.CancelFunc
	done   chan struct{}
}

// openStores starts the servers of the stores.
func (r *runner) openStores(ctx context.Context) error {
	for _, k := range r.kinds {
		if err := k.ensure(ctx, r.out); err != nil {
			return err
		}
		server, url, err := r.startStore(ctx, k, 0)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		s := &runningStore{storeKind: k, url: url, cancel: cancel, done: make(chan struct{})}
		r.running = append(r.running, s)
		go func() {
			defer close(s.done)
			r.keepStore(ctx, k, server)
		}()
	}
	return nil
}

// startWithin is how long a server may take to start, beside the build of all functions on a small machine.
const startWithin = 3 * time.Minute

func (r *runner) startStore(ctx context.Context, k storeKind, port int) (storeServer, string, error) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return k.start(ctx, r.storeData(k), port)
}

// keepStore starts a server again, at the same address, until the context ends. Then it stops the server.
func (r *runner) keepStore(ctx context.Context, k storeKind, server storeServer) {
	for {
		select {
		case <-ctx.Done():
			_ = server.Stop() // it ends with this process in any case
			return
		case <-server.Done():
		}
		r.log.ErrorContext(ctx, k.title+" ended unexpectedly, and is started again", "error", server.LastWords())
		again, _, err := r.startStore(ctx, k, server.Port())
		if err != nil {
			r.ended <- fmt.Errorf("%s ended unexpectedly, and cannot be started again: %w", k.title, err)
			return
		}
		server = again
	}
}

// stopStores ends the servers.
func (r *runner) stopStores() {
	for _, s := range r.running {
		s.cancel()
	}
	for _, s := range r.running {
		<-s.done
	}
}
