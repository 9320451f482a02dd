//go:build browser

package browser

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/annals-es/annals/internal/console"
	"github.com/annals-es/annals/internal/inspect"
	"github.com/annals-es/annals/internal/inspect/inspecttest"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop"
)

// deadlines are those of a service, by their names.
type deadlines struct {
	mu   sync.Mutex
	open map[string]reaction.OpenDeadline
	did  []string
}

func (d *deadlines) OpenDeadlines(_ context.Context, until time.Time) iter.Seq2[reaction.OpenDeadline, error] {
	return func(yield func(reaction.OpenDeadline, error) bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, one := range d.open {
			if (until.IsZero() || !one.At.After(until)) && !yield(one, nil) {
				return
			}
		}
	}
}

func (d *deadlines) done(what, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name == "letter<img src=x>" {
		return errors.New("the printer is on fire")
	}
	d.did = append(d.did, what+" "+name)
	delete(d.open, name)
	return nil
}

func (d *deadlines) RunDeadline(_ context.Context, _ string, _ es.StreamID, name string) error {
	return d.done("run", name)
}

func (d *deadlines) CancelDeadline(_ context.Context, _ string, _ es.StreamID, name string) error {
	return d.done("cancel", name)
}

// TestDeadlines: deadlines are shown, the earliest first, with what failed. They are run and canceled after a question.
func TestDeadlines(t *testing.T) {
	newOne, all := func(name string, at time.Duration, failed string) reaction.OpenDeadline {
		return reaction.OpenDeadline{Failed: failed, Deadline: reaction.Deadline{
			Timer: "cancel-unpaid-orders", Stream: es.StreamID{Type: "Order", ID: "a-rather-long-id-of-an-order"},
			Name: name, At: time.Now().Add(at), Version: 1,
		}}
	}, &deadlines{open: map[string]reaction.OpenDeadline{}}
	for _, d := range []reaction.OpenDeadline{
		newOne("payment", -time.Hour, ""), newOne("reminder", 12*time.Hour, ""), newOne("next-year", 9000*time.Hour, ""),
		newOne("letter<img src=x>", -48*time.Hour, "the printer is on fire"),
	} {
		all.open[d.Name] = d
	}
	s := inspecttest.New(t, shop.New().On())
	server := httptest.NewServer(console.New(t.Context(), s.Inspector(inspect.Config{}), s, nil, console.Config{
		Timers: all, Write: true, Log: slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	p := open(t, server.URL)
	p.until(t, "document.querySelector('h1')?.textContent === 'Live'")
	p.says(t, "header nav", "Deadlines")
	p.view(t, "#/deadlines", "Deadlines")
	p.says(t, "main", "3 open, 1 failed")
	p.says(t, ".cards > li:first-child", "letter<img src=x> of Order#a-rather-long-id-of-an-order")
	p.says(t, ".cards > li:first-child pre", "the printer is on fire")
	p.says(t, ".cards > li:nth-child(2)", "overdue")
	p.says(t, ".cards > li:nth-child(3)", "in 11 h")
	p.look(t, "deadlines")
	button := func(verb, name string) string {
		return `[aria-label="` + verb + " " + name + ` of Order#a-rather-long-id-of-an-order"]`
	}
	p.run(t, chromedp.Focus(button("Run", "letter<img src=x>")))
	p.press(t, kb.Enter)
	p.says(t, "dialog", "Run letter<img src=x> of Order#a-rather-long-id-of-an-order?")
	p.look(t, "deadlines-confirm")
	p.run(t, chromedp.Click("dialog .strong"))
	p.says(t, "dialog [role=alert]", "the printer is on fire")
	p.press(t, kb.Escape)
	p.until(t, "document.querySelector('dialog') === null")
	p.mu.Lock()
	p.faults = nil // the browser complains about the answer 500
	p.mu.Unlock()
	p.run(t, chromedp.Click(button("Run", "payment")))
	p.says(t, "dialog", "Its command is executed now.")
	p.run(t, chromedp.Click("dialog .strong"))
	p.says(t, "#say", "payment of Order#a-rather-long-id-of-an-order: done")
	p.says(t, "main", "2 open, 1 failed")
	p.run(t, chromedp.Click(button("Cancel", "reminder")))
	p.says(t, "dialog", "Its command is never executed.")
	p.press(t, kb.Enter) // the focus is on the button that leaves all as it is
	p.until(t, "document.querySelector('dialog') === null")
	p.run(t, chromedp.Click(button("Cancel", "reminder")), chromedp.Click("dialog .strong"))
	p.says(t, "main", "1 open, 1 failed")
	p.run(t, chromedp.SetValue("#within", ""), chromedp.Evaluate[chromedp.Void](
		"document.querySelector('#within').dispatchEvent(new Event('change'))"))
	p.says(t, "main", "2 open, 1 failed")
	p.says(t, ".cards", "next-year")
	p.well(t)
	all.mu.Lock()
	defer all.mu.Unlock()
	if len(all.did) != 2 || all.did[0] != "run payment" || all.did[1] != "cancel reminder" {
		t.Errorf("done: %v, want payment run and reminder canceled", all.did)
	}
}
