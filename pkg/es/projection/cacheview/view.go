package cacheview

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/es/internal/config"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/viewkit"
)

// Config adjusts a view. The zero value takes the defaults.
type Config struct {
	// Prefix is what the names of all keys begin with. Services that share a server need different ones. Default
	// "annals".
	Prefix string
}

var prefixes = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{0,100}$`)

// Check returns an error if the names of keys can't begin with the prefix.
func (c Config) Check() error {
	if !prefixes.MatchString(c.Prefix) {
		return fmt.Errorf("cacheview.Config: prefix %q: want letters, digits and _.:/-, at most 100", c.Prefix)
	}
	return nil
}

// limits are DynamoDB's, so that a projection can move, but for the number of writes: a save of many streams is one
// round trip. It keeps other clients of the server waiting for some milliseconds at most.
var limits = viewkit.Limits{
	MaxWrites: 1000, MaxItemBytes: viewkit.DynamoDB.MaxItemBytes, MaxBytes: viewkit.DynamoDB.MaxBytes,
}

// View stores one projection. It is safe for concurrent use. [New] makes one.
type View struct {
	client redis.UniversalClient
	name   string // the projection's
	prefix string
}

var (
	_ projection.View      = (*View)(nil)
	_ projection.Preparing = (*View)(nil)
)

// New returns the view of a projection on a server or a cluster. It connects to nothing.
//
// In the client's options, set ContextTimeoutEnabled: otherwise a call that waits for the server outlives its context.
// For a cluster, set ClusterStateReloadInterval to some seconds: it is how long a client takes to find the replica that
// has taken over. Its default is a minute.
//
// It panics with what [Config.Check] returns, or if the projection's name has braces, which mark the hash tag in the
// names of keys.
func New(client redis.UniversalClient, p projection.Projection, cfg Config) *View {
	var braces error
	if strings.ContainsAny(p.Name(), "{}") {
		braces = fmt.Errorf("projection %q: its name can't be part of a key: it has braces", p.Name())
	}
	config.Must(cfg.Check(), braces)
	return &View{client: client, name: p.Name(), prefix: cmp.Or(cfg.Prefix, "annals")}
}

// MaxWrites implements [projection.View].
func (v *View) MaxWrites() int { return limits.MaxWrites }

// The hashes of a generation that hold more than documents, by their number among its keys. The sorted set that orders
// a hash is the next key.
const (
	parkedHash   = 2
	listHash     = 4 // of the first list
	countersHash = 8
)

// keys are the keys of a generation, as the scripts number them. They have one hash tag, so they are on one shard of
// a cluster.
func (v *View) keys(g projection.Generation) []string {
	keys := []string{"documents"}
	for _, hash := range []string{"parked", "list0", "list1", "counters"} {
		keys = append(keys, hash, hash+".order")
	}
	for i := range keys {
		keys[i] = v.key(g, keys[i])
	}
	return keys
}

// key is the name of a key of a generation.
func (v *View) key(g projection.Generation, of string) string {
	return fmt.Sprintf("%s:{%s:%d}:%s", v.prefix, v.name, g, of)
}
