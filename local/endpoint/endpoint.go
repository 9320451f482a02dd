// Package endpoint opens HTTP servers on free loopback ports, one for each emulated AWS service. Start with [Listen].
package endpoint

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// Endpoint is an open port. Its address is known before the server starts to answer.
type Endpoint struct {
	listener net.Listener
	server   *http.Server
}

// Listen opens a free port for a service. The service's name is used in errors. The caller closes the endpoint.
func Listen(service string) (*Endpoint, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", service, err)
	}
	return &Endpoint{listener, &http.Server{ReadHeaderTimeout: 10 * time.Second}}, nil
}

// Address is the URL of the service, without a trailing slash.
func (e *Endpoint) Address() string { return "http://" + e.listener.Addr().String() }

// Answer starts to answer requests. Call it once.
func (e *Endpoint) Answer(h http.Handler) {
	e.server.Handler = h
	go func() { _ = e.server.Serve(e.listener) }()
}

// Close closes the port and ends the requests in progress.
func (e *Endpoint) Close() {
	_ = e.server.Close()
	_ = e.listener.Close() // needed if Answer was never called
}
