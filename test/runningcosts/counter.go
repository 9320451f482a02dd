package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// counter is a proxy between the service and DynamoDB Local that counts requests and their costs. It does not count
// reads of DynamoDB Streams, which are free for Lambda.
type counter struct {
	address string
	server  *http.Server

	mu    sync.Mutex
	sum   bill
	since time.Time // when the last request was counted
}

// bill has the requests and costs by operation and tables: "PutItem orders".
type bill map[string]spent

func (b bill) total() (sum spent) {
	for _, s := range b {
		sum = sum.plus(s)
	}
	return sum
}

func (b bill) minus(c bill) bill {
	out := bill{}
	for what, s := range b {
		if d := s.minus(c[what]); d.requests > 0 {
			out[what] = d
		}
	}
	return out
}

// spent is a number of requests and their costs in units.
type spent struct{ requests, reads, writes float64 }

func (s spent) plus(t spent) spent {
	return spent{s.requests + t.requests, s.reads + t.reads, s.writes + t.writes}
}

func (s spent) minus(t spent) spent {
	return spent{s.requests - t.requests, s.reads - t.reads, s.writes - t.writes}
}

// dollars returns the price of a million times this on DynamoDB, on demand, in us-east-1.
//
// Source: https://aws.amazon.com/dynamodb/pricing/on-demand/, November 2026
func (s spent) dollars() float64 { return s.writes*0.625 + s.reads*0.125 }

func (s spent) by(n int) spent {
	return spent{s.requests / float64(n), s.reads / float64(n), s.writes / float64(n)}
}

// count starts a counter in front of an endpoint.
func count(ctx context.Context, endpoint string) (*counter, error) {
	backend, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &counter{address: "http://" + listener.Addr().String(), sum: bill{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(backend) },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true},
		ErrorLog:  log.New(io.Discard, "", 0), // the service gets the errors
	}
	c.server = &http.Server{ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			version, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
			if version != "DynamoDB_20120810" {
				proxy.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			t := &tee{ResponseWriter: w}
			proxy.ServeHTTP(t, r)
			c.add(operation+" "+tablesOf(body), costOf(operation, body, t.status, t.body.Bytes()))
		})}
	go func() {
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err)
		}
	}()
	return c, nil
}

// tee is a ResponseWriter that also keeps the answer.
type tee struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (t *tee) WriteHeader(status int) {
	t.status = status
	t.ResponseWriter.WriteHeader(status)
}

func (t *tee) Write(p []byte) (int, error) {
	t.body.Write(p)
	return t.ResponseWriter.Write(p)
}

func (c *counter) add(what string, s spent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sum[what] = c.sum[what].plus(s)
	c.since = time.Now()
}

func (c *counter) spent() bill {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sum)
}

// quiet is how long no request must be sent for the service to count as settled.
const quiet = 2 * time.Second

// settled waits until no request was sent for the time quiet.
func (c *counter) settled(ctx context.Context) error {
	for {
		c.mu.Lock()
		left := quiet - time.Since(c.since)
		c.mu.Unlock()
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, left); err != nil {
			return err
		}
	}
}

func (c *counter) stop() error { return c.server.Close() }
