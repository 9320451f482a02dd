package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"github.com/annals-es/annals/local/policy"
)

// maxRequest is DynamoDB's limit for a request, in bytes.
const maxRequest = 16 << 20

// connections is how many idle connections to DynamoDB Local are kept: as many as all functions use at once.
const connections = 512

// DynamoDB returns a proxy through which functions reach the tables. It passes allowed requests on to the backend
// (http://127.0.0.1:8000), and refuses all others with DynamoDB's own errors.
func (c *Control) DynamoDB(backend *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			signAsOwn(r.Out.Header)
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true},
		// If the backend breaks off a response, the proxy breaks it off at the same place. The function sees the same
		// as without the proxy.
		FlushInterval:  -1,
		ModifyResponse: c.count,
		ErrorLog:       log.New(io.Discard, "", 0), // the function sees the failure
		BufferPool:     &buffers{},
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			panic(http.ErrAbortHandler) // the client disconnected, or it is not an SDK
		}
		operation, requests, err := c.allow(r.Header, body)
		if err != nil {
			refuse(w, err)
			return
		}
		r, body = counted(r, operation, body, requests)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		// With GetBody, the request is sent again if an idle connection was just closed.
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		proxy.ServeHTTP(w, r)
	})
}

// buffers reuses the buffers that copy responses: allocating one for each response would be most of a request's cost.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return *kept
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// allow returns the operation of a request and what it does, or an error if the signer may not do it.
func (c *Control) allow(header http.Header, body []byte) (operation string, requests []policy.Request, err error) {
	version, operation, _ := strings.Cut(header.Get("X-Amz-Target"), ".")
	if version != "DynamoDB_20120810" {
		return operation, nil, errStreams
	}
	if requests, err = requestsOf(operation, body); err != nil {
		return operation, nil, err
	}
	return operation, requests, c.Check(header, requests...)
}

// errStreams refuses calls to DynamoDB Streams: locally, only the event source mappings read streams.
var errStreams = errors.New("functions cannot read streams locally: use an event source mapping")

// refuse answers with an error in DynamoDB's format.
func refuse(w http.ResponseWriter, err error) {
	kind := "com.amazon.coral.validate#ValidationException"
	var denied *policy.DeniedError
	switch {
	case errors.As(err, &denied):
		kind = "com.amazon.coral.service#AccessDeniedException"
	case errors.Is(err, ErrUnsigned):
		kind = "com.amazon.coral.service#MissingAuthenticationTokenException"
	case errors.Is(err, ErrUnknown):
		kind = "com.amazon.coral.service#UnrecognizedClientException"
	case errors.Is(err, errStreams):
		kind = "com.amazon.coral.service#UnknownOperationException"
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "Message": err.Error()}) // fails if the client left
}
