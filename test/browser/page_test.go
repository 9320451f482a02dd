//go:build browser

package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/annals-es/annals/internal/debian"
)

// page is a tab with the console in it.
type page struct {
	ctx     context.Context
	address *url.URL

	mu      sync.Mutex
	faults  []string // what the browser complained about, and requests to others
	traffic int      // requests, and messages of the live connection
}

// patience is how long something may take to appear.
const patience = 30 * time.Second

func open(t *testing.T, address string) *page {
	t.Helper()
	ensureChromium(t)
	options := slices.Clone(chromedp.DefaultExecAllocatorOptions[:])
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	u, err := url.Parse(address)
	must(t, err)
	p := &page{ctx: ctx, address: u}
	must(t, chromedp.Listen(ctx, p.hear))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.Navigate(address)))
	return p
}

// ensureChromium makes sure that there is a browser that chromedp finds.
func ensureChromium(t *testing.T) {
	t.Helper()
	for _, name := range []string{"headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if _, err := exec.LookPath(name); err == nil {
			return
		}
	}
	err := debian.Install(t.Context(), os.Stdout, "Chromium", "chromium")
	if errors.Is(err, debian.ErrAsk) {
		t.Fatal("Chromium is missing, and the console is tried in it: run `sudo apt-get install chromium` or `brew install " +
			"chromium`")
	}
	must(t, err)
}

// hear records faults: exceptions, errors in the browser's console, and requests to other sites.
func (p *page) hear(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		p.faults = append(p.faults, fmt.Sprint("console: ", e.Type))
	case *log.EventEntryAdded:
		if strings.Contains(e.Entry.Text, "404") &&
			(strings.Contains(e.Entry.URL, "/api/stream?") || strings.Contains(e.Entry.URL, "/api/person?")) {
			return // a search asks whether its word is a stream, or a person
		}
		p.faults = append(p.faults, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
	case *network.EventEventSourceMessageReceived:
		p.traffic++
	case *network.EventRequestWillBeSent:
		p.traffic++
		if to, err := url.Parse(e.Request.URL); err != nil || to.Host != p.address.Host {
			p.faults = append(p.faults, "it asks "+e.Request.URL)
		}
	}
}

// well fails the test if the page had faults.
func (p *page) well(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fault := range p.faults {
		t.Error(fault)
	}
	p.faults = nil
}

func (p *page) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	must(t, chromedp.Do(ctx, actions...))
}

// value returns the value of an expression in the page.
func value[T any](t *testing.T, p *page, expression string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	must(t, err)
	return out
}

// until waits until an expression is true in the page. (chromedp's own polling needs eval, which the page forbids.)
func (p *page) until(t *testing.T, expression string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if value[bool](t, p, "Boolean("+expression+")") {
			return
		}
	}
	t.Fatalf("the page never reached: %s\nits text is:\n%s", expression, value[string](t, p, "document.body.innerText"))
}

// view goes to a view and waits for its title.
func (p *page) view(t *testing.T, hash, title string) {
	t.Helper()
	p.run(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", hash)))
	p.until(t, fmt.Sprintf("document.querySelector('h1')?.textContent === %q", title))
}

// says waits until the page's main part, or what a selector finds, has a text.
func (p *page) says(t *testing.T, selector, text string) {
	t.Helper()
	p.until(t, fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.innerText.includes(%q))", selector, text))
}

// press presses keys at the focus.
func (p *page) press(t *testing.T, keys string) {
	t.Helper()
	p.run(t, chromedp.KeyEvent(keys))
}

// looks are the windows in which every view is checked.
var looks = []struct {
	name          string
	width, height int64
	scheme        string
}{
	{"desktop-light", 1280, 900, "light"}, {"desktop-dark", 1280, 900, "dark"}, {"phone-light", 390, 844, "light"},
	{"smallest-dark", 320, 640, "dark"},
}

// tornWords finds words that are broken across two lines. A name may be broken before a capital letter.
const tornWords = `(() => {
	const torn = [], all = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const range = document.createRange();
	for (let text = all.nextNode(); text; text = all.nextNode()) {
		if (text.parentElement.closest('.hidden, noscript, script, .skip')) continue;
		for (const word of text.data.matchAll(/[A-Z]?[a-z]{1,24}/g)) {
			range.setStart(text, word.index);
			range.setEnd(text, word.index + word[0].length);
			if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) torn.push(word[0] + ' in ' + text.data.slice(0, 80));
		}
	}
	return torn.slice(0, 5).join('; ');
})()`

// look takes pictures of a view in all windows, and checks that nothing is wider than the window.
func (p *page) look(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join("..", "..", "build", "console")
	must(t, os.MkdirAll(dir, 0o755))
	for _, l := range looks {
		_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
		})
		must(t, err)
		p.run(t, chromedp.EmulateViewport(l.width, l.height), chromedp.Sleep(300*time.Millisecond))
		picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name+"-"+l.name+".png"), picture, 0o644))
		if torn := value[string](t, p, tornWords); torn != "" {
			t.Errorf("%s breaks words in the middle in a window of %d: %s", name, l.width, torn)
		}
		if wide := value[int64](t, p, "document.documentElement.scrollWidth"); wide > l.width {
			t.Errorf("%s is %d px wide in a window of %d", name, wide, l.width)
		}
	}
	p.run(t, chromedp.EmulateViewport(1280, 900))
}

// tabbed returns the elements that Tab reaches, in order from the top of the page.
func (p *page) tabbed(t *testing.T, most int) string {
	t.Helper()
	p.run(t, chromedp.Evaluate[chromedp.Void]("document.activeElement.blur()"))
	var all []string
	for range most {
		p.press(t, "\t")
		all = append(all, value[string](t, p, "document.activeElement.id || document.activeElement.innerText"))
	}
	return strings.Join(all, ", ")
}
