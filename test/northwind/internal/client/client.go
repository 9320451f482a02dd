// Package client is a small client of the service's HTTP API: queries, and commands that it repeats safely. Start with
// [New].
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/go-retryablehttp"
)

// Client sends requests to one service. It is safe for concurrent use.
type Client struct {
	base    string
	token   string
	http    *retryablehttp.Client
	repeats atomic.Int64
}

// New returns a client of the service at base, such as http://127.0.0.1:3000.
func New(base string, cfg Config) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("service address: %w", err)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("service address %q: want http://host:port", base)
	}
	cfg = cfg.withDefaults()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = cfg.Connections, cfg.Connections
	c := &Client{base: strings.TrimRight(base, "/"), token: cfg.Token}
	c.http = &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: transport, Timeout: cfg.Timeout},
		RetryWaitMin: cfg.WaitMin, RetryWaitMax: cfg.WaitMax, RetryMax: cfg.Attempts - 1,
		CheckRetry: mayRepeat, Backoff: backoff, ErrorHandler: giveUp,
		RequestLogHook: func(_ retryablehttp.Logger, _ *http.Request, repeat int) {
			if repeat > 0 {
				c.repeats.Add(1)
			}
		},
	}
	return c, nil
}

// Repeats returns how many requests were sent again so far.
func (c *Client) Repeats() int { return int(c.repeats.Load()) }

// Reachable sends one request. It returns an error if no server answers at the service's address.
func (c *Client) Reachable(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/products/sales?top=1", nil)
	if err != nil {
		return err
	}
	res, err := c.http.HTTPClient.Do(req)
	if err != nil {
		return fmt.Errorf("nothing answers at %s; `make run` starts the service: %w", c.base, err)
	}
	return res.Body.Close()
}

// do sends a request, repeats it if mayRepeat allows that, and decodes a 2xx answer.
//
// Errors: *StatusError for any other answer, and for 202, which says that the read model does not have it yet.
func (c *Client) do(ctx context.Context, method, path string, header http.Header, body, into any) error {
	var raw any // retryablehttp needs an untyped nil for no body
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		raw = text
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.base+path, raw)
	if err != nil {
		return err
	}
	if header != nil {
		req.Header = header
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	var answer bytes.Buffer
	// If the connection is cut while this handler reads, the request is repeated.
	req.SetResponseHandler(func(res *http.Response) error {
		answer.Reset()
		_, err := answer.ReadFrom(res.Body)
		return err
	})
	res, err := c.http.Do(req)
	var failed *StatusError
	if errors.As(err, &failed) {
		failed.Method, failed.URL, failed.Key = method, c.base+path, header.Get(keyHeader)
		return failed
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, c.base+path, err)
	}
	defer res.Body.Close() // read to its end
	if res.StatusCode < 200 || res.StatusCode > 299 || res.StatusCode == http.StatusAccepted {
		return &StatusError{
			Method:   method,
			URL:      c.base + path,
			Key:      header.Get(keyHeader),
			Status:   res.StatusCode,
			Body:     head(&answer),
			Attempts: 1,
		}
	}
	if err := json.Unmarshal(answer.Bytes(), into); err != nil {
		return fmt.Errorf("%s %s: %d with an unexpected body: %w", method, c.base+path, res.StatusCode, err)
	}
	return nil
}

// head returns the beginning of a body, enough for a problem.
func head(r io.Reader) string {
	text, _ := io.ReadAll(io.LimitReader(r, 4<<10)) // what could be read is all there is to show
	return strings.TrimSpace(string(text))
}
