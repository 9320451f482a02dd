package cacheview_test

import (
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/cacheview"
)

// A projection is kept in a cache apart from other projections, so that an outage of the cache stops no other one.
func Example() {
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: []string{"localhost:6379"}, ContextTimeoutEnabled: true,
	})
	defer client.Close()
	sub := projection.Subscription{
		Projection: visits, View: cacheview.New(client, visits, cacheview.Config{Prefix: "hotel"}), Apart: true,
	}
	fmt.Println(sub.Projection.Name(), sub.View.MaxWrites())
	// Output: visits 1000
}
