package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/annals-es/annals/internal/httpapi/route"
	"github.com/annals-es/annals/internal/seal"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// MaxBodyBytes is the largest body of a request.
const MaxBodyBytes = 1 << 20

// Config adjusts the API. The zero value takes the defaults.
type Config struct {
	// Log receives what went wrong on our side, once for each request. Default slog.Default.
	Log *slog.Logger
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

// Service is what the API is told of the service behind it.
type Service struct {
	// Title and Description begin the OpenAPI document.
	Title, Description string
	// Streams are the types of streams that the audit trail shows, and that messages to callers name.
	Streams []string
	// Shared are the types of streams that everybody may see in read models.
	Shared []string
	// Customer is whom a stream is for, by its first commit, "" = nobody but who created it. nil = so it is for all.
	Customer func(first *es.Commit) (string, error)
	// Operator is the scope of those who act on what belongs to anybody.
	Operator route.Scope
	// Refused is the problem of an error that only the service knows, nil for all others. nil = there is none.
	Refused func(error) *Problem
	// Schemas are types that the document shows as others.
	Schemas map[reflect.Type]reflect.Type
	// Named are the packages whose types have names of their own in the document, without the package's.
	Named []string
}

// API is what operations are registered on.
type API struct {
	cfg     Config
	service Service
	mux     *http.ServeMux
	huma    huma.API
	events  Events
	origins *lru.Cache[es.StreamID, origin]
	seals   seal.Key
}

// New returns an API without operations. It reads whose a stream is, and what is past, from events. It panics if the
// configuration is wrong.
func New(cfg Config, service Service, events Events) *API {
	cfg = cfg.withDefaults()
	seals, err := seal.NewKey(cfg.CursorKey)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: Unmarshal}
	return &API{cfg: cfg, service: service, events: events, mux: mux, origins: newOrigins(), seals: seals, huma: humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: service.Title, Version: "1", Description: service.Description,
				License: &huma.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
			},
			Servers:    []*huma.Server{{URL: "/", Description: "The service that this document came from"}},
			Components: &huma.Components{Schemas: NewSchemas(service), SecuritySchemes: securitySchemes()},
		},
		Formats:                      map[string]huma.Format{jsonType: format, "json": format}, // problems are +json
		DefaultFormat:                jsonType,
		RejectUnknownQueryParameters: true,
	})}
}

// Handler is everything that was registered, behind what all requests have in common.
func (a *API) Handler() http.Handler { return a.correlated(a.recovered(a.wellFormed(a.routed()))) }

// Serve registers the operation behind a route.
func Serve[I, O any](a *API, route route.Route, status int, handle func(context.Context, *I) (*O, error)) {
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
