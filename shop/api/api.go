// Package api is the shop's HTTP API: the bodies of its requests, and what its commands and queries do with them. The rest is
// internal/httpapi's.
package api

import (
	"net/http"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/aggregates"
)

// Config adjusts the commands. The zero value takes the defaults.
type Config struct {
	httpapi.Config
	// EmailKey keys the ids under which e-mail addresses are reserved. It must never change.
	EmailKey []byte
}

// api is what the shop's operations are registered on.
type api struct {
	*httpapi.API
	cfg        Config
	aggregates aggregates.All
	prices     Prices
}

// newAPI panics if the configuration is wrong.
func newAPI(cfg Config, events httpapi.Events) *api {
	return &api{API: httpapi.New(cfg.Config, service(), events), cfg: cfg}
}

// Commands returns the handler of all commands. Orders are made at the prices that are looked up.
func Commands(all aggregates.All, prices Prices, cfg Config) http.Handler {
	a := newAPI(cfg, all.Store)
	a.commands(all, prices)
	return a.Handler()
}

func (a *api) commands(all aggregates.All, prices Prices) {
	a.aggregates, a.prices = all, prices
	a.accountCommands()
	a.orderCommands(all.Orders)
	a.productCommands(all.Products)
	//annals:new commands
}

// Docs returns the handler of what the API says of itself: its document, and a page that shows it. It is asked no more than that.
func Docs(cfg httpapi.Config) http.Handler { return newAPI(Config{Config: cfg}, nil).Docs(Document) }

// Document is the API's OpenAPI 3.1 document, as JSON. It is made from what the functions serve.
func Document() ([]byte, error) {
	a := newAPI(Config{}, nil)
	a.commands(aggregates.All{}, nil)
	a.queries(nil)
	return a.Document()
}
