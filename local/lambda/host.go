package lambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// Host serves the Runtime API to the processes of all functions.
type Host struct {
	address   string
	server    *http.Server
	leash     *leash
	processes sync.Map // token to *process
	functions []*Function
	closing   chan struct{}
	once      sync.Once
}

// NewHost listens on a free port of the loopback interface. The caller closes the host.
func NewHost() (*Host, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the Runtime API: %w", err)
	}
	l, err := newLeash()
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	h := &Host{address: listener.Addr().String(), leash: l, closing: make(chan struct{})}
	h.server = &http.Server{Handler: h.routes()}
	go func() { _ = h.server.Serve(listener) }()
	return h, nil
}

// Function adds a function. Its processes start when there is work. Do not call it concurrently with Close.
func (h *Host) Function(c Config) *Function {
	if c.Processes <= 0 || c.Processes > MaxProcesses {
		c.Processes = MaxProcesses
	}
	f := &Function{Config: c, host: h, all: map[*process]struct{}{}}
	h.functions = append(h.functions, f)
	return f
}

// Drain refuses new invocations and waits until those in flight have ended, or the context has ended.
func (h *Host) Drain(ctx context.Context) {
	h.each(func(f *Function) { f.drain(ctx) })
}

// Close ends every process.
func (h *Host) Close(ctx context.Context) {
	h.each(func(f *Function) { f.end(ctx) })
	h.once.Do(func() {
		close(h.closing)
		_ = h.server.Close()
		h.leash.close()
	})
}

func (h *Host) each(do func(*Function)) {
	var all sync.WaitGroup
	for _, f := range h.functions {
		all.Go(func() { do(f) })
	}
	all.Wait()
}
