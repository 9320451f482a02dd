package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/internal/seal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/shop/aggregates"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/readmodel"
)

// MaxBodyBytes is the largest body of a request.
const MaxBodyBytes = 1 << 20

// Config adjusts the API. The zero value takes the defaults.
type Config struct {
	// Log receives what went wrong on our side, once for each request. Default slog.Default.
	Log *slog.Logger
	// EmailKey keys the ids under which e-mail addresses are reserved. It must never change.
	EmailKey []byte
	// CursorKey seals cursors, 32 bytes at least. nil = a random one, which only this handler has.
	CursorKey []byte
	// Now is the clock by which instants asked for are young. Default time.Now.
	Now func() time.Time
	// Unavailable tells whether an error means that a store can't answer now, so that a later attempt may succeed. Errors
	// of contexts count as that anyway. Default: no other error does.
	Unavailable func(error) bool
	// Queue takes the catch-ups of what read models should show and don't. nil = nobody is asked.
	Queue projection.Queue
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.CursorKey == nil {
		c.CursorKey = make([]byte, 32)
		_, _ = rand.Read(c.CursorKey) // never fails
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Unavailable == nil {
		c.Unavailable = func(error) bool { return false }
	}
	return c
}

// api is what operations are registered on.
type api struct {
	cfg        Config
	mux        *http.ServeMux
	huma       huma.API
	aggregates aggregates.All
	prices     Prices
	models     *readmodel.Models
	events     Events
	origins    *lru.Cache[es.StreamID, origin]
	seals      seal.Key
}

// newAPI panics if the configuration is wrong.
func newAPI(cfg Config) *api {
	cfg = cfg.withDefaults()
	seals, err := seal.NewKey(cfg.CursorKey)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return &api{cfg: cfg, mux: mux, origins: newOrigins(), seals: seals, huma: humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Annals", Version: "1", Description: description,
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
			},
			Servers:    []*huma.Server{{URL: "/", Description: "The service that this document came from"}},
			Components: &huma.Components{Schemas: newSchemas(), SecuritySchemes: securitySchemes()},
		},
		Formats:                      map[string]huma.Format{jsonType: format, "json": format}, // problems are +json
		DefaultFormat:                jsonType,
		RejectUnknownQueryParameters: true,
	})}
}

// handler is everything that was registered, behind what all requests have in common.
func (a *api) handler() http.Handler { return a.correlated(a.recovered(a.wellFormed(a.routed()))) }

// serve registers the operation behind a route.
func serve[I, O any](a *api, route routes.Route, status int, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, a.operation(route, status), func(ctx context.Context, in *I) (*O, error) {
		err := admit(ctx, route)
		var out *O
		if err == nil {
			out, err = handle(ctx, in)
		}
		if err != nil {
			return nil, a.refuse(ctx, err)
		}
		return out, nil
	})
	a.undocument(route)
}
