package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// operation is one command, as a client sent it and saw it answered.
type operation struct {
	Key          string // Idempotency-Key and correlation id
	Client       int
	Kind         string
	Method, Path string
	Body         map[string]any
	From, To     string // account ids, "" if the command has none
	Cents        int64

	Call, Return time.Duration // since the run began
	Attempts     int
	Status       int // of the final answer; 0 if there was none
	Answer       []byte
	Done         []written // what was stored, by the answer
}

// written is the change of one stream, by the answer to a command.
type written struct {
	stream  string
	version int64 // after the command
	events  []string
	balance int64 // of an account, in cents
}

func (o *operation) acked() bool    { return o.Status >= 200 && o.Status < 300 }
func (o *operation) rejected() bool { return o.Status >= 400 && o.Status < 500 }

// client sends commands, and repeats them with the same Idempotency-Key until they are answered.
type client struct {
	base    string
	http    *http.Client
	log     *timeline
	faults  func() bool
	history *history
}

// history has the commands of all clients, and the violations that were found.
type history struct {
	mu         sync.Mutex
	operations []*operation
	violations []string
}

func (h *history) add(o *operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, o)
}

func (h *history) violated(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.violations = append(h.violations, fmt.Sprintf(format, args...))
}

// patience is how long a command is repeated before its outcome counts as unknown.
const patience = 90 * time.Second

// working is how long the service may work on an attempt after its client gave up: the command function's timeout.
const working = 25 * time.Second

// send sends a command until it has a final answer. While faults are injected, clients sometimes give up early, and
// sometimes repeat answered commands.
func (c *client) send(ctx context.Context, o *operation, dice *rand.Rand) {
	o.Call = c.log.now()
	body, err := json.Marshal(o.Body)
	if err != nil {
		panic(err) // a defect of ours
	}
	c.settle(ctx, o, body, dice)
	o.Return = c.log.now()
	if o.acked() {
		o.read(c.history)
		if c.faults() && dice.IntN(20) == 0 {
			c.repeat(ctx, o, body)
		}
	}
	c.history.add(o)
	switch {
	case o.acked():
		c.log.add("acked")
	case o.rejected():
		c.log.add("rejected")
	default:
		c.log.add("unknown")
	}
}

// settle repeats the command until an answer is final, or patience ends.
func (c *client) settle(ctx context.Context, o *operation, body []byte, dice *rand.Rand) {
	doubted := false
	var overlapping time.Time // when the last attempt without an answer ends at the latest
	for end := time.Now().Add(patience); time.Now().Before(end) && ctx.Err() == nil; o.Attempts++ {
		if o.Attempts > 0 {
			c.log.add("repeated")
			time.Sleep(time.Duration(dice.IntN(min(50<<min(o.Attempts, 6), 2000))) * time.Millisecond)
		}
		timeout := 15 * time.Second
		if c.faults() && dice.IntN(20) == 0 {
			timeout = time.Duration(3+dice.IntN(60)) * time.Millisecond
		}
		status, answer := c.attempt(ctx, o, body, timeout)
		switch {
		case status == 0:
			overlapping = time.Now().Add(working)
		case status >= 500 || status == http.StatusTooManyRequests:
		case status >= 400 && time.Now().Before(overlapping):
			// The service does not store rejections. So an earlier attempt without an answer may still be running, and
			// succeed.
			c.log.add("rejection doubted")
			doubted = true
			time.Sleep(time.Until(overlapping))
		default:
			o.Status, o.Answer = status, answer
			if doubted && o.acked() {
				c.log.add("rejection wrong")
			}
			return
		}
	}
}

func (c *client) attempt(ctx context.Context, o *operation, body []byte, timeout time.Duration) (int, []byte) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, o.Method, c.base+o.Path, bytes.NewReader(body))
	if err != nil {
		panic(err) // a defect of ours
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Idempotency-Key", o.Key)
	request.Header.Set("X-Correlation-Id", o.Key)
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = answer.Body.Close() }()
	says, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, says
}

// repeat sends an acknowledged command again: the answer must be the same.
func (c *client) repeat(ctx context.Context, o *operation, body []byte) {
	status, answer := c.attempt(ctx, o, body, 15*time.Second)
	if status == 0 || status >= 500 || status == http.StatusTooManyRequests {
		return
	}
	c.log.add("repeated after the answer")
	again := operation{Key: o.Key, Kind: o.Kind, Status: status, Answer: answer}
	if !again.acked() {
		c.history.violated("%s %s: acknowledged with %d, then answered %d: %s", o.Kind, o.Key, o.Status, status, answer)
		return
	}
	again.read(c.history)
	if !slices.EqualFunc(o.Done, again.Done, func(a, b written) bool {
		return a.stream == b.stream && a.version == b.version
	}) {
		c.history.violated("%s %s: acknowledged as %v, then as %v", o.Kind, o.Key, o.Done, again.Done)
	}
}

// read sets Done from the answer.
func (o *operation) read(h *history) {
	type result struct {
		ID      string
		Version int64
		Events  []struct{ Type string }
		State   struct{ Balance amount }
	}
	var body struct {
		result
		From, To *result
	}
	if err := json.Unmarshal(o.Answer, &body); err != nil {
		h.violated("%s %s: the answer is not JSON: %v", o.Kind, o.Key, err)
		return
	}
	results := []*result{&body.result}
	if body.From != nil && body.To != nil {
		results = []*result{body.From, body.To}
	}
	for _, r := range results {
		w := written{stream: streamType(o.Kind) + "#" + r.ID, version: r.Version, balance: int64(r.State.Balance)}
		for _, e := range r.Events {
			w.events = append(w.events, e.Type)
		}
		o.Done = append(o.Done, w)
	}
}

func streamType(kind string) string {
	switch {
	case strings.HasPrefix(kind, "account"):
		return "Account"
	case strings.HasPrefix(kind, "order"):
		return "Order"
	case strings.HasPrefix(kind, "payment"):
		return "Payment"
	}
	return "Product"
}

// amount is money of one currency, in cents.
type amount int64

func (a *amount) UnmarshalJSON(b []byte) error {
	var m struct{ Amount string }
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	whole, fraction, _ := strings.Cut(m.Amount, ".")
	if whole == "" {
		return nil // no money yet
	}
	cents, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	*a = amount(cents)
	return err
}

// get sends a query and decodes its answer. The status is 0 if there was no answer.
func (c *client) get(ctx context.Context, path string, header http.Header, into any) (status int) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		panic(err) // a defect of ours
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusOK && json.NewDecoder(answer.Body).Decode(into) != nil {
		return 0
	}
	return answer.StatusCode
}
