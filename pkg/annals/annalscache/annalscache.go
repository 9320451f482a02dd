// Package annalscache lets functions keep read models in Valkey or Redis: see annals.InCache. Import it where a
// function that reads or writes read models is built, with the build tag of the store:
//
//	//go:build cache
//
//	package main
//
//	import _ "github.com/annals-es/annals/pkg/annals/annalscache"
package annalscache

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/cacheview"
)

func init() { annalslambda.Register(annals.Cache, Open) } //nolint:gochecknoinits // as database/sql's drivers do

const (
	// within is how long a connection may take. An outage must show soon: it is noted, and other read models go on.
	within = 2 * time.Second
	// answer is how long one call may take.
	answer = 5 * time.Second
	// connections is how many connections a process makes at most to each server.
	connections = 16
	// reload is how long a client takes to find the replica that has taken over.
	reload = 5 * time.Second
)

// Open opens the cache that [annalsaws.CacheURLEnv] names: redis://host:port/database, or rediss:// for TLS. With
// "?cluster=on" it is a cluster, such as ElastiCache Serverless. It connects when it is used.
//
// Errors: one if the variable is not set, or if the address is malformed.
func Open(d annalslambda.Deployment, getenv func(string) string) (annalslambda.OpenedStore, error) {
	client, err := open(getenv(annalsaws.CacheURLEnv))
	if err != nil {
		return annalslambda.OpenedStore{}, fmt.Errorf("%s: %w", annalsaws.CacheURLEnv, err)
	}
	redis.SetLogger(logger{d.Log})
	return annalslambda.OpenedStore{
		View: func(m *annals.DeclaredReadModel) projection.View {
			return cacheview.New(client, m.Projection, cacheview.Config{})
		},
	}, nil
}

func open(address string) (redis.UniversalClient, error) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return nil, fmt.Errorf("the address %q is none: use one like rediss://host:6379", redacted(address))
	}
	query := u.Query()
	cluster := query.Get("cluster")
	query.Del("cluster")
	u.RawQuery = query.Encode()
	switch cluster {
	case "on":
		o, err := redis.ParseClusterURL(u.String())
		if err != nil {
			return nil, err
		}
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolSize = within, answer, answer, connections
		o.ContextTimeoutEnabled, o.MaxRetries, o.ClusterStateReloadInterval = true, 1, reload
		return redis.NewClusterClient(o), nil
	case "", "off":
		o, err := redis.ParseURL(u.String())
		if err != nil {
			return nil, err
		}
		o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolSize = within, answer, answer, connections
		o.ContextTimeoutEnabled, o.MaxRetries = true, 1
		return redis.NewClient(o), nil
	}
	return nil, fmt.Errorf("cluster=%s is neither on nor off", cluster)
}

// redacted is an address without a password.
func redacted(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return "(malformed)"
}

// logger logs what the client says of connections. Errors of calls are returned, too, so this is for debugging.
type logger struct{ log *slog.Logger }

func (l logger) Printf(ctx context.Context, format string, v ...any) {
	if l.log != nil {
		l.log.DebugContext(ctx, fmt.Sprintf(format, v...))
	}
}
