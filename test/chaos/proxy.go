package main

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// proxy is an HTTP proxy between the service and DynamoDB Local that injects faults. Which fault the n-th request of an
// operation gets depends on the seed alone.
type proxy struct {
	backend   string // http://127.0.0.1:8000
	seed      uint64
	log       *timeline
	injecting atomic.Bool

	client  *http.Client
	streams *streamFaults

	down atomic.Bool  // the proxy acts as if DynamoDB were down
	busy sync.RWMutex // held for reading while DynamoDB works on a request

	mu     sync.Mutex
	counts map[string]uint64 // requests by operation, while faults are injected
}

func newProxy(backend string, seed uint64, log *timeline) *proxy {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	return &proxy{
		backend: backend, seed: seed, log: log, client: &http.Client{Transport: transport},
		streams: newStreamFaults(log), counts: map[string]uint64{},
	}
}

// dice returns the random source for the next request of an operation.
func (p *proxy) dice(operation string) *rand.Rand {
	p.mu.Lock()
	p.counts[operation]++
	n := p.counts[operation]
	p.mu.Unlock()
	h := fnv.New64a()
	_, _ = h.Write([]byte(operation))
	return rand.New(rand.NewPCG(p.seed^h.Sum64(), n))
}

// ServeHTTP forwards a request, or injects a fault.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var dice *rand.Rand
	if p.injecting.Load() {
		dice = p.dice(operation)
	}
	switch {
	case strings.HasPrefix(service, "DynamoDBStreams"):
		p.serveStream(w, r, operation, body, dice)
		return
	case dice == nil:
		p.serve(w, r, body, faultless, nil)
		return
	}
	p.serve(w, r, body, pick(dice, faultsOf(operation)), dice)
}

// serve answers a request, with a fault or without.
func (p *proxy) serve(w http.ResponseWriter, r *http.Request, body []byte, fault fault, dice *rand.Rand) {
	if fault.kind != "" {
		p.log.add(fault.kind)
	}
	if fault.before != nil && fault.before(dice, w, &body) {
		return
	}
	answer := p.forward(r, body)
	defer func() { _ = answer.Body.Close() }()
	if fault.after != nil && fault.after(w, answer) {
		return
	}
	pass(w, answer)
}

// forward sends a request to DynamoDB. If that fails, or if the proxy is down by then, it cuts the caller's connection.
func (p *proxy) forward(r *http.Request, body []byte) *http.Response {
	p.busy.RLock()
	defer p.busy.RUnlock()
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	request, err := http.NewRequestWithContext(r.Context(), r.Method, p.backend+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	request.Header = r.Header.Clone()
	answer, err := p.client.Do(request)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	whole, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	answer.Body = io.NopCloser(bytes.NewReader(whole))
	return answer
}

// settling is how long DynamoDB Local gets no requests before it is killed. It answers a little before it commits. If
// it were killed at once, it would lose some writes that it acknowledged in the last 20 ms, which DynamoDB never does.
const settling = 300 * time.Millisecond

// cutOff cuts all connections to DynamoDB, as a crash would, and waits until acknowledged writes are on disk.
func (p *proxy) cutOff() {
	p.down.Store(true)
	p.busy.Lock()
	defer p.busy.Unlock()
	time.Sleep(settling)
}

func pass(w http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	if _, err := io.Copy(w, answer.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// fault is one way in which a request fails.
type fault struct {
	kind  string
	share float64 // the share of requests that get this fault
	// before runs before the request is forwarded. It may change the request. If it returns true, it has answered, and
	// the request is not forwarded.
	before func(dice *rand.Rand, w http.ResponseWriter, body *[]byte) bool
	// after runs before the answer is passed on. If it returns true, it has answered itself.
	after func(w http.ResponseWriter, answer *http.Response) bool
}

var faultless fault

func pick(dice *rand.Rand, faults []fault) fault {
	at := dice.Float64()
	for _, f := range faults {
		if at -= f.share; at < 0 {
			return f
		}
	}
	return faultless
}

// Faults of all requests to a table.
var anywhere = []fault{
	{kind: "throttled", share: 0.01, before: refuse(400, "ProvisionedThroughputExceededException", nil)},
	{kind: "500 before", share: 0.005, before: refuse(500, "InternalServerError", nil)},
	{kind: "500 after", share: 0.005, after: func(w http.ResponseWriter, _ *http.Response) bool {
		return refuse(500, "InternalServerError", nil)(nil, w, nil)
	}},
	{
		kind:   "cut before",
		share:  0.005,
		before: func(*rand.Rand, http.ResponseWriter, *[]byte) bool { panic(http.ErrAbortHandler) },
	},
	{
		kind:  "answer lost",
		share: 0.01,
		after: func(http.ResponseWriter, *http.Response) bool { panic(http.ErrAbortHandler) },
	},
	{kind: "answer cut", share: 0.005, after: func(w http.ResponseWriter, answer *http.Response) bool {
		whole, err := httputil.DumpResponse(answer, true)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		_, _ = connection.Write(whole[:len(whole)*2/3])
		_ = connection.Close()
		return true
	}},
	{kind: "delayed", share: 0.02, before: func(dice *rand.Rand, _ http.ResponseWriter, _ *[]byte) bool {
		time.Sleep(time.Duration(dice.ExpFloat64() * float64(80*time.Millisecond)))
		return false
	}},
}

// Faults of certain operations.
var particular = map[string][]fault{
	"PutItem": {{kind: "transaction conflict", share: 0.01, before: refuse(400, "TransactionConflictException", nil)}},
	"TransactWriteItems": {{kind: "transaction conflict", share: 0.02,
		before: func(_ *rand.Rand, w http.ResponseWriter, body *[]byte) bool {
			var request struct{ TransactItems []any }
			if json.Unmarshal(*body, &request) != nil {
				return false
			}
			reasons := make([]map[string]string, len(request.TransactItems))
			for i := range reasons {
				reasons[i] = map[string]string{"Code": "None"}
			}
			reasons[len(reasons)-1] = map[string]string{
				"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item",
			}
			return refuse(400, "TransactionCanceledException", map[string]any{"CancellationReasons": reasons})(nil, w, nil)
		}}},
	"BatchGetItem":   {{kind: "unprocessed", share: 0.02, before: unprocessed("UnprocessedKeys")}},
	"BatchWriteItem": {{kind: "unprocessed", share: 0.02, before: unprocessed("UnprocessedItems")}},
	"Query":          {{kind: "short page", share: 0.2, before: shortPage}},
	"Scan":           {{kind: "short page", share: 0.2, before: shortPage}},
}

func faultsOf(operation string) []fault {
	switch operation {
	case "DescribeTable", "ListTables", "CreateTable", "UpdateTable", "DeleteTable", "DescribeTimeToLive",
		"UpdateTimeToLive":
		return nil
	}
	return append(particular[operation], anywhere...)
}

// refuse returns a fault that answers with an error of DynamoDB.
func refuse(status int, kind string, more map[string]any) func(*rand.Rand, http.ResponseWriter, *[]byte) bool {
	return func(_ *rand.Rand, w http.ResponseWriter, _ *[]byte) bool {
		says := map[string]any{
			"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "injected", "Message": "injected",
		}
		for name, value := range more {
			says[name] = value
		}
		answerJSON(w, status, says)
		return true
	}
}

func answerJSON(w http.ResponseWriter, status int, says any) {
	body, err := json.Marshal(says)
	if err != nil {
		panic(err) // a defect of ours
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// unprocessed returns a fault that answers a batch with all its items unprocessed. rest is the member that has them.
func unprocessed(rest string) func(*rand.Rand, http.ResponseWriter, *[]byte) bool {
	return func(_ *rand.Rand, w http.ResponseWriter, body *[]byte) bool {
		var request struct{ RequestItems json.RawMessage }
		if json.Unmarshal(*body, &request) != nil {
			return false
		}
		answerJSON(w, http.StatusOK, map[string]any{"Responses": map[string]any{}, rest: request.RequestItems})
		return true
	}
}

// shortPage limits a page to a few items, as if it had reached 1 MB.
func shortPage(dice *rand.Rand, _ http.ResponseWriter, body *[]byte) bool {
	var request map[string]json.RawMessage
	if json.Unmarshal(*body, &request) != nil || request["Limit"] != nil {
		return false
	}
	request["Limit"], _ = json.Marshal(1 + dice.IntN(5))
	*body, _ = json.Marshal(request)
	return false
}
