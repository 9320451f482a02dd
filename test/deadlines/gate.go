package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// gate stands between the service and DynamoDB Local. It is closed while DynamoDB Local restarts.
type gate struct {
	address string
	server  *http.Server
	proxy   *httputil.ReverseProxy
	busy    sync.RWMutex // held for reading while DynamoDB Local works on a request
}

// settling is how long DynamoDB Local gets no requests before it is killed: it answers a little before it commits.
const settling = 300 * time.Millisecond

func openGate(ctx context.Context, backend string) (*gate, error) {
	target, err := url.Parse(backend)
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 64, 64
	g := &gate{address: "http://" + listener.Addr().String(), proxy: &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		// A killed function does not wait for its answer.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}}
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: time.Minute}
	go func() { _ = g.server.Serve(listener) }()
	return g, nil
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.busy.RLock()
	defer g.busy.RUnlock()
	g.proxy.ServeHTTP(w, r)
}

// closed calls do while no request is under way. Requests that come then wait.
func (g *gate) closed(do func() error) error {
	g.busy.Lock()
	defer g.busy.Unlock()
	time.Sleep(settling)
	return do()
}
