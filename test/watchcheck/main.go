// Watchcheck reads the service's read models repeatedly until it is stopped. It checks that no query fails, and that
// neither the version of an order nor the units sold of a product ever decreases.
//
//	go run ./test/watchcheck http://127.0.0.1:3000
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "watchcheck: want one argument, the address of the service, such as http://127.0.0.1:3000")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	w := &watch{api: os.Args[1], seen: map[string]int64{}}
	for ctx.Err() == nil && w.err == nil {
		w.sales(ctx)
		w.orders(ctx)
	}
	if w.err != nil && !errors.Is(w.err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "watchcheck:", w.err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
	if w.queries == 0 || len(w.seen) == 0 {
		fmt.Fprintln(os.Stderr, "watchcheck: no query found an order or a product")
		os.Exit(1)
	}
	fmt.Printf("%d queries of %d orders and products: none failed, and no version or number decreased\n",
		w.queries, len(w.seen))
}

// watch has the results so far.
type watch struct {
	api     string
	seen    map[string]int64 // the last version or number of each
	queries int
	err     error // the first error
}

// get reads one answer. It accepts status 202, and ignores that answer.
func (w *watch) get(ctx context.Context, path string, into any) {
	if w.err != nil {
		return
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.api+path, nil)
	if err != nil {
		w.err = err
		return
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.err = err
		return
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		w.err = err
	case answer.StatusCode == http.StatusAccepted: // not projected yet
	case answer.StatusCode != http.StatusOK:
		w.err = fmt.Errorf("GET %s: %s %s", path, answer.Status, body)
	default:
		w.queries++
		w.err = json.Unmarshal(body, into)
	}
}

// atLeast checks that a version or number has not decreased.
func (w *watch) atLeast(what string, n int64) {
	if w.err == nil && n < w.seen[what] {
		w.err = fmt.Errorf("%s decreased from %d to %d", what, w.seen[what], n)
	}
	w.seen[what] = n
}

func (w *watch) sales(ctx context.Context) {
	var page struct {
		Items []struct {
			ProductID string `json:"productId"`
			Units     int64  `json:"units"`
		} `json:"items"`
	}
	w.get(ctx, "/products/sales?top=1000", &page)
	for _, row := range page.Items {
		w.atLeast("units of product "+row.ProductID, row.Units)
	}
}

// orders reads the summaries of some active orders.
func (w *watch) orders(ctx context.Context) {
	type summary struct {
		OrderID string `json:"orderId"`
		Version int64  `json:"version"`
	}
	var page struct {
		Items []summary `json:"items"`
	}
	w.get(ctx, "/orders?status=active&limit=20", &page)
	for _, listed := range page.Items {
		for range 2 {
			var one summary
			w.get(ctx, "/orders/"+listed.OrderID, &one)
			if one.OrderID != "" {
				w.atLeast("order "+listed.OrderID, one.Version)
			}
		}
	}
}
