package main

import (
	"encoding/json"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es"
)

// TestStoresAreFolded: cancelled orders and drafts are no sales, and a search finds each order that has an address.
func TestStoresAreFolded(t *testing.T) {
	t.Parallel()
	var commits []es.Commit
	order := func(id string, kinds ...string) {
		for i, kind := range kinds {
			c := commit(t, "Order#"+id, int64(i+1), id, id+kind, kind, map[string]string{
				"OrderCreated": `{"orderId":"` + id + `","customerId":"c"}`,
				"ItemAdded":    `{"productId":"p","quantity":2,"unitPrice":{"amount":"1.50","currency":"USD"}}`,
			}[kind])
			c.At = time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
			commits = append(commits, c)
		}
	}
	order("o-1", "OrderCreated", "ItemAdded", "ItemAdded", "ShippingAddressSet", "OrderPlaced", "PaymentReceived")
	order("o-2", "OrderCreated", "ItemAdded", "ShippingAddressSet", "OrderPlaced", "OrderCancelled")
	order("o-3", "OrderCreated", "ItemAdded")
	got := keep(commits...).foldStores()
	const six = `{"amount":"6.00","currency":"USD"}`
	byProduct := `{"items":[{"orders":1,"productId":"p","revenue":` + six + `,"units":4}]}`
	best := `{"items":[{"orders":1,"productId":"p","units":4}]}`
	for path, want := range map[string]string{
		"/sales/months":                        `{"items":[{"month":"2026-11","orders":1,"revenue":` + six + `}]}`,
		"/sales/cities?top=1000":               `{"items":[{"city":"Town","orders":1,"revenue":` + six + `}]}`,
		"/sales/products?top=1000":             byProduct,
		"/products/best-sellers?top=1000":      best,
		bestSellers + "&month=2026-11":         best,
		"/orders/search?q=Town&limit=1":        `{"total":2}`,
		"/orders/search?q=" + recipient("o-1"): foundOne("o-1", "placed", six),
		"/orders/search?q=" + recipient("o-2"): foundOne("o-2", "cancelled", `{"amount":"3.00","currency":"USD"}`),
	} {
		text, err := json.Marshal(got[path])
		if err != nil || string(text) != want {
			t.Errorf("%s: got %s, %v\nwant %s", path, text, err, want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d answers, want 8", len(got))
	}
}

func foundOne(id, status, total string) string {
	return `{"items":[{"city":"Town","customerId":"c","orderId":"` + id + `","recipient":"` + recipient(id) +
		`","status":"` + status + `","total":` + total + `}],"total":1}`
}

// TestReadStores: a list of known names, each once.
func TestReadStores(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{"": nil, "sql": {"sql"}, "cache,sql,cache": {"cache", "sql"}} {
		if got, err := readStores(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"mongo", "sql,", "sql, cache"} {
		if got, err := readStores(text); err == nil {
			t.Errorf("%q: %q, want an error", text, got)
		}
	}
}

// TestLossesAreNoFaultsOfDynamoDB: the picture shows faults of DynamoDB alone.
func TestLossesAreNoFaultsOfDynamoDB(t *testing.T) {
	t.Parallel()
	for _, k := range storeKinds {
		if isFault(k.title+stopped) || isFault(k.title+killed) || !isFault(k.title) {
			t.Errorf("%s: what happens to it counts as a fault of DynamoDB", k.title)
		}
	}
}

// TestFlushAllReadsTheAnswer: a server that refuses has not been wiped.
func TestFlushAllReadsTheAnswer(t *testing.T) {
	t.Parallel()
	for answer, wiped := range map[string]bool{"+OK\r\n": true, "-LOADING Redis is loading\r\n": false} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if conn, err := l.Accept(); err == nil {
				_, _ = conn.Read(make([]byte, 64))
				_, _ = conn.Write([]byte(answer))
				_ = conn.Close()
			}
		}()
		if err := flushAll(t.Context(), &url.URL{Host: l.Addr().String()}); (err == nil) != wiped {
			t.Errorf("answer %q: %v, want an error: %t", answer, err, !wiped)
		}
	}
}
