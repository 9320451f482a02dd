//go:build browser

package browser

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// quiet is how long nothing is asked for before the page counts as still: longer than a pulse and a look at the
// projections.
const quiet = 4 * time.Second

// hide makes the page believe that its tab went into the background, or came back: headless browsers show all tabs.
func (p *page) hide(t *testing.T, hidden bool) {
	t.Helper()
	state := map[bool]string{true: "hidden", false: "visible"}[hidden]
	p.run(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`Object.defineProperty(document, 'visibilityState', { value: %q, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'))`, state)))
}

// visible: a hidden page sends no requests, in any view. It continues when it is visible again.
func visible(t *testing.T, _ *service, p *page) {
	for _, view := range []struct{ hash, title string }{
		{"#/projections", "Projections"}, {"#/parked", "Parked streams"}, {"#/", "Live"},
	} {
		p.view(t, view.hash, view.title)
		p.hears(t, view.title)
		p.hide(t, true)
		time.Sleep(time.Second) // what was on its way may end
		before := p.heard()
		time.Sleep(quiet)
		if after := p.heard(); after != before {
			t.Errorf("%s, hidden: %d requests and messages, want none", view.title, after-before)
		}
		p.hide(t, false)
		p.hears(t, view.title)
	}
}

// heard returns the number of requests and live messages.
func (p *page) heard() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic
}

// hears waits until the page has received two more messages.
func (p *page) hears(t *testing.T, view string) {
	t.Helper()
	before := p.heard()
	for end := time.Now().Add(patience); p.heard() < before+2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: no message arrived", view)
		}
	}
}
