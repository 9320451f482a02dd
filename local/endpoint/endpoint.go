// Package endpoint has HTTP servers on free ports of the loopback interface: each stands for one service of AWS.
package endpoint

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// Endpoint is a port that is taken, so that its address can be told before anybody answers there.
type Endpoint struct {
	listener net.Listener
	server   *http.Server
}

// Listen takes a free port for a service, which the error names. Close it.
func Listen(service string) (*Endpoint, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", service, err)
	}
	return &Endpoint{listener, &http.Server{ReadHeaderTimeout: 10 * time.Second}}, nil
}

// Address is the URL of the service, without a slash at its end.
func (e *Endpoint) Address() string { return "http://" + e.listener.Addr().String() }

// Answer begins to answer. To be called once.
func (e *Endpoint) Answer(h http.Handler) {
	e.server.Handler = h
	go func() { _ = e.server.Serve(e.listener) }()
}

// Close ends it, and the requests that are being answered.
func (e *Endpoint) Close() {
	_ = e.server.Close()
	_ = e.listener.Close() // where nothing was answered yet
}
