package cacheview_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/internal/redistest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/cacheview"
	"github.com/annals-es/annals/pkg/es/projection/viewtest"
)

func TestView(t *testing.T) {
	t.Parallel()
	viewtest.RunView(t, open, viewtest.Features{Counters: true, Index: true})
}

func TestEngine(t *testing.T) {
	t.Parallel()
	viewtest.RunEngine(t, open, viewtest.Features{Counters: true, Index: true})
}

// connect returns a client of a database of its own.
func connect(t testing.TB, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(redistest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	options.ContextTimeoutEnabled = true
	for _, c := range change {
		c(options)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func open(t *testing.T) projection.View {
	client := connect(t)
	return cache{cacheview.New(client, visits, cacheview.Config{}), client}
}

// cache is a view of which a test can search and empty the database.
type cache struct {
	*cacheview.View
	client *redis.Client
}

// Lose implements [viewtest.Losing].
func (c cache) Lose(ctx context.Context) error { return c.client.FlushDB(ctx).Err() }

// Holding implements [viewtest.Searched].
func (c cache) Holding(ctx context.Context, text string) (found []string, err error) {
	keys, err := c.client.Keys(ctx, "*").Result()
	for _, key := range keys {
		dump, failed := c.client.Eval(ctx, `
			local kind = redis.call('TYPE', KEYS[1]).ok
			if kind == 'hash' then return redis.call('HGETALL', KEYS[1]) end
			if kind == 'zset' then return redis.call('ZRANGE', KEYS[1], 0, -1) end
			return {redis.call('GET', KEYS[1])}`, []string{key}).StringSlice()
		err = errors.Join(err, failed)
		if strings.Contains(fmt.Sprint(dump), text) {
			found = append(found, key)
		}
	}
	return found, err
}

// TestImpossibleNames: braces in the name of a key would change its hash tag.
func TestImpossibleNames(t *testing.T) {
	t.Parallel()
	visit := es.Aggregate[struct{}, visitEvent]{StreamType: "Visit", Events: visitEvents}
	braces := projection.New("a{b}", 1, projection.From(visit,
		projection.On(func(*struct{}, projection.Event[left], *projection.Writes) error { return nil })))
	for name, open := range map[string]func(){
		"prefix":     func() { cacheview.New(nil, visits, cacheview.Config{Prefix: "a{b}"}) },
		"projection": func() { cacheview.New(nil, braces, cacheview.Config{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a %s with braces: want a panic", name)
				}
			}()
			open()
		}()
	}
}
