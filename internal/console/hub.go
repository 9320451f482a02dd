package console

import (
	"context"
	"encoding/json"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/annals-es/annals/internal/inspect"
)

const (
	// recent is how many commits a page is shown when it opens, history how many seconds of pulses.
	recent, history = 50, 180
	// pending is how many messages wait for a page that is slow to take them; what is beyond is left out, and counted.
	pending = 512
	// again is how long after a failure the commits are followed again.
	again = 3 * time.Second
)

// message is what pages are told: the name of an event and its data.
type message struct {
	event string
	data  []byte
}

func messageOf(event string, data any) message {
	text, _ := json.Marshal(data) // of our own types: never fails
	return message{event, text}
}

// page is one open page.
type page struct {
	messages chan message
	missed   int // guarded by the hub
}

// hub follows the commits once for all open pages, while there are any.
type hub struct {
	context context.Context //nolint:containedctx // of the process
	console *Console
	mu      sync.Mutex
	pages   map[*page]bool
	end     context.CancelFunc // of following; nil = nobody does
	commits []message          // the last ones
	opened  *message           // that the newest commits were looked for, nil until they were
	pulses  []pulse            // the last ones
	trouble string             // why commits can't be followed just now
	meter   *meter
}

func newHub(ctx context.Context, c *Console) *hub {
	return &hub{context: ctx, console: c, pages: map[*page]bool{}}
}

// join adds a page, and returns what it is to be told first.
func (h *hub) join() (*page, []message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end == nil {
		h.commits, h.opened, h.pulses, h.trouble = nil, nil, nil, "" // of another time
		h.begin()
	}
	p := &page{messages: make(chan message, pending)}
	h.pages[p] = true
	first := append([]message{messageOf("history", append([]pulse{}, h.pulses...))}, h.commits...)
	if h.opened != nil {
		first = append(first, *h.opened)
	}
	if h.trouble != "" {
		first = append(first, troubleOf(h.trouble))
	}
	return p, first
}

// leave removes a page. After the last one the hub stops: it reads nothing for nobody.
func (h *hub) leave(p *page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, p)
	if len(h.pages) == 0 {
		h.end()
		h.end = nil
	}
}

// begin starts following. The lock is held.
func (h *hub) begin() {
	var ctx context.Context
	ctx, h.end = context.WithCancel(h.context)
	m := newMeter(h.console)
	h.meter = m
	go h.follow(ctx, m)
	go h.beat(ctx, m)
}

// follow tells the pages of the newest commits, and then of every commit that is stored.
func (h *hub) follow(ctx context.Context, m *meter) {
	for wanted := recent; ctx.Err() == nil; {
		from, err := h.console.source.Recent(ctx, wanted)
		if err == nil {
			h.open(m, from.Commits, from.Complete || wanted == 0)
			wanted = 0 // once is enough: after a failure it goes on with what comes
			err = h.each(m, from.Then)
		}
		if err != nil && ctx.Err() == nil {
			h.console.cfg.Log.WarnContext(ctx, "the commits can't be followed", slog.String("error", err.Error()))
			h.setTrouble(m, err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
			h.setTrouble(m, "")
		}
	}
}

// open tells of the newest commits that were there, and whether they were found.
func (h *hub) open(m *meter, commits []inspect.Commit, found bool) {
	for i := range commits {
		h.commit(m, &commits[i])
	}
	h.mu.Lock()
	first := h.opened == nil && h.meter == m
	msg := messageOf("opened", map[string]bool{"complete": found})
	if first {
		h.opened = &msg
	}
	h.mu.Unlock()
	if first {
		h.tell(m, msg)
	}
}

func (h *hub) each(m *meter, commits iter.Seq2[inspect.Commit, error]) error {
	for c, err := range commits {
		if err != nil {
			return err
		}
		h.commit(m, &c)
	}
	return nil
}

// commit tells of a commit. What was recorded before the page was there is shown, but is in no rate and no lag.
func (h *hub) commit(m *meter, c *inspect.Commit) {
	if !c.At.Before(m.begun) {
		m.add(c)
	}
	h.tell(m, messageOf("commit", c))
}

// beat tells the pages every second how things are.
func (h *hub) beat(ctx context.Context, m *meter) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			p := m.pulse(ctx, now.UTC())
			h.mu.Lock()
			if h.meter == m {
				h.pulses = last(append(h.pulses, p), history)
			}
			h.mu.Unlock()
			h.tell(m, messageOf("pulse", p))
		}
	}
}

func troubleOf(text string) message { return messageOf("trouble", map[string]string{"error": text}) }

func (h *hub) setTrouble(m *meter, text string) {
	h.mu.Lock()
	changed := h.trouble != text
	h.trouble = text
	h.mu.Unlock()
	if changed {
		h.tell(m, troubleOf(text))
	}
}

// tell sends a message to all pages, unless it is of an earlier time. None of them holds up the others.
func (h *hub) tell(from *meter, msg message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.meter != from {
		return
	}
	if msg.event == "commit" {
		h.commits = last(append(h.commits, msg), recent)
	}
	for p := range h.pages {
		if p.missed > 0 {
			select {
			case p.messages <- messageOf("missed", map[string]int{"messages": p.missed}):
				p.missed = 0
			default:
			}
		}
		select {
		case p.messages <- msg:
		default:
			p.missed++
		}
	}
}

// last keeps the last n of a list, in memory of its own from time to time.
func last[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	return append(make([]T, 0, 2*n), all[len(all)-n:]...)
}
