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

// proxy stands between the service and DynamoDB. While faults are injected, it hits requests with them; which fault the n-th request
// of an operation meets depends on the seed alone.
type proxy struct {
	backend   string // http://127.0.0.1:8000
	seed      uint64
	log       *timeline
	injecting atomic.Bool

	client  *http.Client
	streams *streamFaults

	down atomic.Bool  // DynamoDB is said to be down
	busy sync.RWMutex // held for reading while a request is with DynamoDB

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

// dice are the seeded choices for the n-th request of an operation.
func (p *proxy) dice(operation string) *rand.Rand {
	p.mu.Lock()
	p.counts[operation]++
	n := p.counts[operation]
	p.mu.Unlock()
	h := fnv.New64a()
	_, _ = h.Write([]byte(operation))
	return rand.New(rand.NewPCG(p.seed^h.Sum64(), n))
}

// ServeHTTP passes a request on, or not.
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

// serve answers a request that meets a fault, or none.
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

// forward asks DynamoDB. The caller's connection is cut if it does not answer, or is down by then.
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

// settling is how long DynamoDB Local is left alone before it is killed. It answers a little before it commits: killed at
// once, it loses some writes that it acknowledged in the last 20 ms, which DynamoDB never does.
const settling = 300 * time.Millisecond

// cutOff cuts all connections to DynamoDB, as its end would, and waits until what it acknowledged is on its files.
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

// fault is one way in which a request goes wrong.
type fault struct {
	kind  string
	share float64 // of the requests that may meet it
	// before happens instead of the request if it answers true; it may change the request.
	before func(dice *rand.Rand, w http.ResponseWriter, body *[]byte) bool
	// after happens instead of the answer if it answers true.
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

// Faults that any request to a table may meet.
var anywhere = []fault{
	{kind: "throttled", share: 0.01, before: refuse(400, "ProvisionedThroughputExceededException", nil)},
	{kind: "500 before", share: 0.005, before: refuse(500, "InternalServerError", nil)},
	{kind: "500 after", share: 0.005, after: func(w http.ResponseWriter, _ *http.Response) bool {
		return refuse(500, "InternalServerError", nil)(nil, w, nil)
	}},
	{kind: "cut before", share: 0.005, before: func(*rand.Rand, http.ResponseWriter, *[]byte) bool { panic(http.ErrAbortHandler) }},
	{kind: "answer lost", share: 0.01, after: func(http.ResponseWriter, *http.Response) bool { panic(http.ErrAbortHandler) }},
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

// Faults of single operations.
var particular = map[string][]fault{
	"PutItem": {{kind: "transaction conflict", share: 0.01, before: refuse(400, "TransactionConflictException", nil)}},
	"TransactWriteItems": {{kind: "transaction conflict", share: 0.02, before: func(_ *rand.Rand, w http.ResponseWriter, body *[]byte) bool {
		var request struct{ TransactItems []any }
		if json.Unmarshal(*body, &request) != nil {
			return false
		}
		reasons := make([]map[string]string, len(request.TransactItems))
		for i := range reasons {
			reasons[i] = map[string]string{"Code": "None"}
		}
		reasons[len(reasons)-1] = map[string]string{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
		return refuse(400, "TransactionCanceledException", map[string]any{"CancellationReasons": reasons})(nil, w, nil)
	}}},
	"BatchGetItem":   {{kind: "unprocessed", share: 0.02, before: unprocessed("UnprocessedKeys")}},
	"BatchWriteItem": {{kind: "unprocessed", share: 0.02, before: unprocessed("UnprocessedItems")}},
	"Query":          {{kind: "short page", share: 0.2, before: shortPage}},
	"Scan":           {{kind: "short page", share: 0.2, before: shortPage}},
}

func faultsOf(operation string) []fault {
	switch operation {
	case "DescribeTable", "ListTables", "CreateTable", "UpdateTable", "DeleteTable", "DescribeTimeToLive", "UpdateTimeToLive":
		return nil
	}
	return append(particular[operation], anywhere...)
}

// refuse answers with an error of DynamoDB.
func refuse(status int, kind string, more map[string]any) func(*rand.Rand, http.ResponseWriter, *[]byte) bool {
	return func(_ *rand.Rand, w http.ResponseWriter, _ *[]byte) bool {
		says := map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "injected", "Message": "injected"}
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

// unprocessed leaves everything that is asked for to the next request.
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

// shortPage makes a page end early, as one does that reaches 1 MB.
func shortPage(dice *rand.Rand, _ http.ResponseWriter, body *[]byte) bool {
	var request map[string]json.RawMessage
	if json.Unmarshal(*body, &request) != nil || request["Limit"] != nil {
		return false
	}
	request["Limit"], _ = json.Marshal(1 + dice.IntN(5))
	*body, _ = json.Marshal(request)
	return false
}
