package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// gate stands between the service and DynamoDB Local. It can hold a write, as a slow network would.
type gate struct {
	listener net.Listener
	server   *http.Server

	mu   sync.Mutex
	next *holding
}

// holding says which write to hold: the first that has a value in the clear.
type holding struct {
	values *finder
	held   chan string   // receives the action of the write that is held
	free   chan struct{} // closed when it may go on
}

func openGate(ctx context.Context, backend string) (*gate, error) {
	target, err := url.Parse(backend)
	if err != nil {
		return nil, err
	}
	g := &gate{}
	if g.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 64, 64
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
	}
	g.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			if err := g.pass(r); err != nil {
				panic(http.ErrAbortHandler)
			}
			proxy.ServeHTTP(w, r)
		})}
	go func() { _ = g.server.Serve(g.listener) }()
	return g, nil
}

func (g *gate) address() string { return "http://" + g.listener.Addr().String() }

func (g *gate) close() error { return g.server.Close() }

// hold holds the next write with one of the values, until the returned channel free is closed.
func (g *gate) hold(values *finder) *holding {
	h := &holding{values: values, held: make(chan string, 1), free: make(chan struct{})}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = h
	return h
}

// pass returns when a request may pass.
func (g *gate) pass(r *http.Request) error {
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !strings.HasPrefix(action, "PutItem") && !strings.HasPrefix(action, "UpdateItem") &&
		!strings.HasPrefix(action, "TransactWrite") {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if h := g.take(body); h != nil {
		h.held <- action
		<-h.free
	}
	return nil
}

// take returns what holds a write with this body. If nothing does, it returns nil.
func (g *gate) take(body []byte) *holding {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.next
	if h == nil || len(h.values.in(body)) == 0 {
		return nil
	}
	g.next = nil
	return h
}
