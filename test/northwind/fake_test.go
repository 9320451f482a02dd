package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// fakeService is the part of the service that the import needs: commands with their rules and Idempotency-Keys, an
// event log, and read models that may lag behind it. Tests set its fields before or between runs.
type fakeService struct {
	fault    func(key string, attempt int) fault    // what goes wrong with a command; nil: nothing
	refuse   string                                 // the key of a command that is refused with 422
	perQuery int                                    // events that each query lets the read models catch up; 0: all
	withhold int                                    // last events that never reach the read models
	tamper   func(path string, body map[string]any) // changes a query's answer; nil: nothing

	mu       sync.Mutex
	attempts map[string]int
	answered map[string]answered
	orders   map[string]*order
	products map[string]bool
	log      []event
	views    views
}

// fault is a fault to inject.
type fault int

const (
	none        fault = iota
	errorBefore       // 500, and nothing stored
	busy              // 429, which asks for a long wait, and nothing stored
	cutBefore         // the connection ends, and nothing stored
	errorAfter        // stored, then 502
	cutAfter          // stored, then the connection ends
	cutAmid           // stored, and the connection ends amid the answer
)

// answered is the first answer to a command.
type answered struct {
	fingerprint [sha256.Size]byte
	status      int
	body        []byte
}

// problem is a refusal.
type problem struct {
	Status int    `json:"status"`
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

func newFake(t *testing.T) (*fakeService, string) {
	t.Helper()
	f := &fakeService{
		attempts: map[string]int{}, answered: map[string]answered{}, orders: map[string]*order{}, products: map[string]bool{},
		views: newViews(),
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

// with lets a test read or change the service while it runs.
func (f *fakeService) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

func (f *fakeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodGet {
		f.query(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	key := r.Header.Get("Idempotency-Key")
	f.attempts[key]++
	wrong := none
	if f.fault != nil {
		wrong = f.fault(key, f.attempts[key])
	}
	switch wrong {
	case errorBefore:
		respond(w, 500, []byte(`{"type":"internal"}`))
		return
	case busy:
		w.Header().Set("Retry-After", "3600")
		respond(w, 429, nil)
		return
	case cutBefore:
		panic(http.ErrAbortHandler)
	default:
	}
	status, answer := f.once(r, key, body)
	switch wrong {
	case errorAfter:
		respond(w, 502, nil)
	case cutAfter:
		panic(http.ErrAbortHandler)
	case cutAmid:
		w.Header().Set("Content-Length", "100000")
		respond(w, status, answer[:len(answer)/2])
		panic(http.ErrAbortHandler)
	default:
		respond(w, status, answer)
	}
}

// once answers a command. A repeated key gets the first answer again.
func (f *fakeService) once(r *http.Request, key string, body []byte) (int, []byte) {
	fingerprint := sha256.Sum256(bytes.Join([][]byte{
		[]byte(r.Method), []byte(r.URL.Path), []byte(r.Header.Get("Occurred-At")), body,
	}, []byte{0}))
	if before, seen := f.answered[key]; seen {
		if before.fingerprint != fingerprint {
			return refusal(&problem{422, "https://annals.example/problems/idempotency-key-reused", key})
		}
		return before.status, before.body
	}
	at, err := time.Parse(time.RFC3339, r.Header.Get("Occurred-At"))
	switch {
	case key == "":
		return refusal(&problem{400, "https://annals.example/problems/malformed", "no Idempotency-Key"})
	case err != nil || at.After(time.Now()):
		return refusal(&problem{400, "https://annals.example/problems/malformed", "Occurred-At"})
	case key == f.refuse:
		return refusal(&problem{422, "https://annals.example/problems/order-not-draft", "refused on purpose"})
	}
	stored, wrong := f.command(r, body, at)
	if wrong != nil {
		return refusal(wrong)
	}
	f.log = append(f.log, stored...)
	status := http.StatusOK
	if r.URL.Path == "/orders" || r.URL.Path == "/products" {
		status = http.StatusCreated
	}
	events := []map[string]any{}
	for _, e := range stored {
		events = append(events, map[string]any{"type": e.kind, "version": e.version})
	}
	answer, _ := json.Marshal(map[string]any{
		"id": stored[0].id, "version": stored[len(stored)-1].version, "state": map[string]any{}, "events": events,
	})
	f.answered[key] = answered{fingerprint, status, answer}
	return status, answer
}

func refusal(p *problem) (int, []byte) {
	body, _ := json.Marshal(p)
	return p.Status, body
}

func respond(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away asks again
}
