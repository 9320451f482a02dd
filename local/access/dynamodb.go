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

// maxRequest is DynamoDB's limit of a request, in bytes.
const maxRequest = 16 << 20

// connections are those to DynamoDB Local that are kept: as many as all functions use at once.
const connections = 512

// DynamoDB returns what functions reach the tables through. What a function may do is passed on to the backend
// (http://127.0.0.1:8000); all else is refused as DynamoDB does it.
func (c *Control) DynamoDB(backend *url.URL) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			signAsOwn(r.Out.Header)
		},
		Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true},
		// What breaks off behind breaks off in front, after as much of an answer as there was: a function sees what it would
		// see without us.
		FlushInterval:  -1,
		ModifyResponse: c.count,
		ErrorLog:       log.New(io.Discard, "", 0), // it sees it
		BufferPool:     &buffers{},
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			panic(http.ErrAbortHandler) // who asks has gone, or is no SDK
		}
		operation, requests, err := c.allow(r.Header, body)
		if err != nil {
			refuse(w, err)
			return
		}
		r, body = counted(r, operation, body, requests)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		// A kept connection may just have been closed: then it is sent again over another one.
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		proxy.ServeHTTP(w, r)
	})
}

// buffers keeps what answers are copied through: a new one for each would be most of what a request costs here.
type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte {
	if kept, ok := b.pool.Get().(*[]byte); ok {
		return *kept
	}
	return make([]byte, 32<<10)
}

func (b *buffers) Put(buffer []byte) { b.pool.Put(&buffer) }

// allow tells which operation it is, and what it does.
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

// errStreams is about what is not run here: a stream is read by its event source mappings.
var errStreams = errors.New("functions do not read streams here: event source mappings do")

// refuse answers in DynamoDB's way.
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
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "Message": err.Error()}) // the asker has gone
}
