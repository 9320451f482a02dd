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
	// recent is how many commits a page gets when it opens. history is how many seconds of pulses it gets.
	recent, history = 50, 180
	// pending is how many messages are queued for a slow page. More are dropped and counted.
	pending = 512
	// again is the pause before the commits are followed again after a failure.
	again = 3 * time.Second
)

// message is a server-sent event to the pages: its name and its data.
type message struct {
	event string
	data  []byte
}

func messageOf(event string, data any) message {
	text, _ := json.Marshal(data) // never fails for the types here
	return message{event, text}
}

// page is one open page.
type page struct {
	messages chan message
	missed   int // guarded by the hub
}

// hub follows the commits for all open pages. It reads nothing while no page is open.
type hub struct {
	context context.Context //nolint:containedctx // of the process
	console *Console
	mu      sync.Mutex
	pages   map[*page]bool
	end     context.CancelFunc // stops following; nil if nothing is followed
	commits []message          // the last ones
	opened  *message           // whether the newest commits were found; nil until they were searched for
	pulses  []pulse            // the last ones
	trouble string             // the current error of following, "" if there is none
	meter   *meter
}

func newHub(ctx context.Context, c *Console) *hub {
	return &hub{context: ctx, console: c, pages: map[*page]bool{}}
}

// join adds a page, and returns its first messages.
func (h *hub) join() (*page, []message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end == nil {
		h.commits, h.opened, h.pulses, h.trouble = nil, nil, nil, "" // out of date
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

// leave removes a page. After the last one the hub stops reading.
func (h *hub) leave(p *page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pages, p)
	if len(h.pages) == 0 {
		h.end()
		h.end = nil
	}
}

// begin starts following. The caller holds the lock.
func (h *hub) begin() {
	var ctx context.Context
	ctx, h.end = context.WithCancel(h.context)
	m := newMeter(h.console)
	h.meter = m
	go h.follow(ctx, m)
	go h.beat(ctx, m)
}

// follow sends the newest commits to the pages, and then every commit that is stored.
func (h *hub) follow(ctx context.Context, m *meter) {
	for wanted := recent; ctx.Err() == nil; {
		from, err := h.console.source.Recent(ctx, wanted)
		if err == nil {
			h.open(m, from.Commits, from.Complete || wanted == 0)
			wanted = 0 // after a failure, only new commits are wanted
			err = h.each(m, from.Then)
		}
		if err != nil && ctx.Err() == nil {
			h.console.cfg.Log.WarnContext(ctx, "new commits can't be read", slog.String("error", err.Error()))
			h.setTrouble(m, err.Error())
		}
		select {
		case <-ctx.Done():
		case <-time.After(again):
			h.setTrouble(m, "")
		}
	}
}

// open sends the newest stored commits, and whether all of them were found.
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

// commit sends a commit. A commit from before the page was opened counts in no rate and no lag.
func (h *hub) commit(m *meter, c *inspect.Commit) {
	if !c.At.Before(m.begun) {
		m.add(c)
	}
	h.tell(m, messageOf("commit", c))
}

// beat sends a pulse every second.
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

// tell sends a message to all pages, unless its meter was replaced. A slow page does not delay the others.
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

// last returns the last n elements of a list. It copies them from time to time, so that old elements are freed.
func last[T any](all []T, n int) []T {
	if len(all) <= n {
		return all
	}
	return append(make([]T, 0, 2*n), all[len(all)-n:]...)
}
