package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// proxy is an HTTP proxy that sends requests for host names of AWS to the emulator. So clients and functions use the
// real addresses of the template's outputs. It refuses all other hosts.
type proxy struct {
	URL string

	emulator string // host:port
	plain    *httputil.ReverseProxy
	listener net.Listener
}

func startProxy(ctx context.Context, emulator string, trust *x509.CertPool) (*proxy, error) {
	listener, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	p := &proxy{URL: "http://" + listener.Addr().String(), emulator: emulator, listener: listener}
	// Even with TLS, the emulator's own authorizer fetches the issuer's keys over plain HTTP.
	p.plain = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "https", Host: emulator})
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{TLSClientConfig: &tls.Config{
			RootCAs: trust, ServerName: "localhost", MinVersion: tls.VersionTLS12,
		}},
	}
	go func() { _ = http.Serve(listener, p) }() //nolint:gosec // only on loopback and during the run
	return p, nil
}

func (p *proxy) stop() error { return p.listener.Close() }

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Hostname()
	if !leads(name) {
		http.Error(w, "the emulator's proxy does not forward requests to "+name, http.StatusForbidden)
		return
	}
	if r.Method != http.MethodConnect {
		p.plain.ServeHTTP(w, r)
		return
	}
	if err := p.tunnel(r.Context(), w); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// leads reports whether the emulator serves a host.
func leads(name string) bool {
	if name == "localhost" || name == "127.0.0.1" {
		return true
	}
	for _, domain := range []string{".amazonaws.com", ".amazoncognito.com"} {
		if strings.HasSuffix(name, domain) {
			return true
		}
	}
	return false
}

func (p *proxy) tunnel(ctx context.Context, w http.ResponseWriter) error {
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.emulator)
	if err != nil {
		return err
	}
	hijacker, can := w.(http.Hijacker)
	if !can {
		return errors.Join(errors.New("the connection can't be taken over"), to.Close())
	}
	from, _, err := hijacker.Hijack()
	if err != nil {
		return errors.Join(err, to.Close())
	}
	if _, err := fmt.Fprint(from, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return nil //nolint:nilerr // the client is gone
	}
	for _, pair := range [][2]net.Conn{{to, from}, {from, to}} {
		go func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		}()
	}
	return nil
}
