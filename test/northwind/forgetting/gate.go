package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// gate stands between the service and DynamoDB Local. It can hold a write, as a slow network would.
type gate struct {
	backend  string
	listener net.Listener
	server   *http.Server
	proxy    *httputil.ReverseProxy

	mu   sync.Mutex
	next *holding
}

// holding says which write to hold: the first to a table that has a value in the clear.
type holding struct {
	table  string
	values *finder
	held   chan struct{}    // closed when a write is held
	free   chan struct{}    // closed when it may go on
	answer chan writeAnswer // receives DynamoDB's answer to it
}

// writeAnswer is an answer of DynamoDB, or the error in place of one.
type writeAnswer struct {
	status int
	body   string
	err    error
}

func openGate(ctx context.Context, backend string) (*gate, error) {
	target, err := url.Parse(backend)
	if err != nil {
		return nil, err
	}
	g := &gate{backend: backend}
	if g.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 64, 64
	g.proxy = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		// A killed function does not wait for its answer.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: time.Minute}
	go func() { _ = g.server.Serve(g.listener) }()
	return g, nil
}

func (g *gate) address() string { return "http://" + g.listener.Addr().String() }

func (g *gate) close() error { return g.server.Close() }

// hold holds the next write to a table with one of the values, until the returned channel free is closed.
func (g *gate) hold(table string, values *finder) *holding {
	h := &holding{
		table: table, values: values,
		held: make(chan struct{}), free: make(chan struct{}), answer: make(chan writeAnswer, 1),
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = h
	return h
}

// ServeHTTP passes a request on.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h := g.take(r, body)
	if h == nil {
		g.proxy.ServeHTTP(w, r)
		return
	}
	close(h.held)
	<-h.free
	h.answer <- g.late(r, body)
	panic(http.ErrAbortHandler) // the answer is lost
}

// take returns what holds a request. If nothing does, it returns nil.
func (g *gate) take(r *http.Request, body []byte) *holding {
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !slices.Contains([]string{"PutItem", "UpdateItem", "TransactWriteItems"}, action) {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.next
	if h == nil || !bytes.Contains(body, []byte(h.table)) || len(h.values.in(body)) == 0 {
		return nil
	}
	g.next = nil
	return h
}

// late sends a held write, even if its sender has given up by now.
func (g *gate) late(r *http.Request, body []byte) writeAnswer {
	ctx := context.WithoutCancel(r.Context())
	//nolint:gosec // the address is that of DynamoDB Local
	again, err := http.NewRequestWithContext(ctx, r.Method, g.backend+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return writeAnswer{err: err}
	}
	again.Header, again.Host = r.Header.Clone(), r.Host
	answer, err := http.DefaultClient.Do(again) //nolint:gosec // the same
	if err != nil {
		return writeAnswer{err: err}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return writeAnswer{status: answer.StatusCode, body: string(text), err: err}
}
