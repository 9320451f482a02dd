//go:build browser

package browser

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestConsole uses every view as an operator does.
func TestConsole(t *testing.T) {
	s := newService(t)
	p := open(t, s.console)
	p.until(t, "document.querySelector('h1')?.textContent === 'Live'")
	p.until(t, "document.querySelectorAll('.feed li').length >= 50") // the newest that exist
	for _, view := range []struct {
		name string
		try  func(*testing.T, *service, *page)
	}{
		{"live", live}, {"visible", visible}, {"search", search}, {"missing", missing}, {"slow", slow}, {"follow", follow},
		{"escapes", escapes}, {"rebuild", rebuild}, {"parked", parked}, {"stream", timeline},
		{"people", people}, // the last one: it forgets the person who stored everything
	} {
		t.Run(view.name, func(t *testing.T) {
			view.try(t, s, p)
			p.look(t, view.name)
			p.well(t)
		})
	}
}

// count is the number of parked streams. The import leaves some for a while: the runner's bus is slow while it starts.
var count = regexp.MustCompile(`Parked \d+`)

// live: new commits appear, and the list stops while it is paused.
func live(t *testing.T, s *service, p *page) {
	s.openAccount(t, "live", "Ada")
	// The console begins to read the stream, and to count, when the page is opened, and shows what comes from then on.
	shown := "document.querySelector('.feed').innerText.includes('MoneyDeposited') && /Write " +
		"units\\s*[1-9]/.test(document.querySelector('.figures').innerText)"
	for deposits := 0; !value[bool](t, p, shown); deposits++ {
		if deposits == 60 {
			t.Fatal("the deposit, or the units that it consumed, is not shown")
		}
		s.post(t, "/accounts/live/deposits", `{"amount":{"amount":"1.00","currency":"USD"}}`)
		time.Sleep(500 * time.Millisecond)
	}
	p.says(t, ".figures", "Commits")
	reached := "Skip to content, Annals, Live, Search, Projections, Parked, People, q, Go, Pause, only"
	tabbed := strings.Replace(p.tabbed(t, 12), "Deadlines, ", "", 1) // only if the service has timers
	if got := count.ReplaceAllString(tabbed, "Parked"); !strings.HasPrefix(got, reached) {
		t.Errorf("elements that Tab reaches: %s, want %s", got, reached)
	}
	p.run(t, chromedp.Click("main .bar button")) // Pause
	s.post(t, "/accounts/live/withdrawals", `{"amount":{"amount":"1.00","currency":"USD"}}`)
	p.says(t, "main .bar", "new since")
	if value[bool](t, p, "document.querySelector('.feed').innerText.includes('MoneyWithdrawn')") {
		t.Error("the list changes while it is paused")
	}
	p.run(t, chromedp.Click("main .bar button"))
	p.says(t, ".feed li", "MoneyWithdrawn")
	p.run(t, chromedp.SendKeys("#only", "withdrawn"))
	p.until(t, "document.querySelectorAll('.feed li').length === 1")
}

// search: the box at the top recognizes a stream, a correlation id and a type of event.
func search(t *testing.T, s *service, p *page) {
	look := func(word string) {
		p.run(t, chromedp.SetValue("#q", word), chromedp.SendKeys("#q", kb.Enter))
	}
	look("Order#10300")
	p.until(t, "document.querySelector('h1')?.textContent === 'Order#10300'")
	s.post(t, "/products", `{"productId":"searched","name":"Tea","unitPrice":{"amount":"1.00","currency":"USD"}}`,
		"X-Correlation-Id", "browser-search")
	look("browser-search")
	p.says(t, "main", "1 commit, newest first")
	p.says(t, ".feed li", "Product#searched")
	look("OrderPlaced")
	p.says(t, "main", "newest first")
	p.says(t, ".feed li", "OrderPlaced")
	look("nothing-has-this")
	p.says(t, "main", "Nothing was found.")
	look("OrderPlaced")
	p.says(t, ".feed li", "OrderPlaced")
}

// timeline: the slider shows the state at any version, and what changed there, by keys alone.
func timeline(t *testing.T, _ *service, p *page) {
	p.view(t, "#/stream/Order%2310300", "Order#10300")
	p.says(t, ".detail", "State at version")
	last := value[int](t, p, "Number(document.getElementById('version').max)")
	if last < 5 {
		t.Fatalf("the order has %d events", last)
	}
	at := func(version int, event string) {
		t.Helper()
		p.says(t, "#where", fmt.Sprintf("Version %d of %d", version, last))
		p.says(t, ".detail h2", fmt.Sprintf("State at version %d", version))
		p.says(t, ".detail h2", "What "+event+" changed")
	}
	p.run(t, chromedp.Focus("#version"))
	p.press(t, kb.Home)
	at(1, "OrderCreated")
	p.says(t, ".changes", "customerId")
	p.press(t, kb.ArrowRight)
	at(2, "ItemAdded")
	p.press(t, kb.End)
	p.says(t, "#where", fmt.Sprintf("Version %d of %d", last, last))
	p.until(t, fmt.Sprintf(`[...document.querySelectorAll('.models li')].some(e =>
		e.innerText.includes('orders') && e.innerText.includes('generation 1') && e.innerText.includes('at version %d'))`, last))
	for _, model := range []string{"product-counts", "reserve-stock"} { // later events do not concern them
		p.until(t, fmt.Sprintf(`[...document.querySelectorAll('.models li')].some(e =>
			e.innerText.includes(%q) && e.innerText.includes('generation 1') && /at version [1-9]/.test(e.innerText))`, model))
	}
	p.until(t, `[...document.querySelectorAll('main time')].every(e =>
		/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(e.title) && e.innerText.includes(e.title) && /^(now|\d+ (s|min) ago|\d{4}-\d\d-\d\d)$/.test(e.firstChild.textContent))`)
	p.run(t, chromedp.Click(".timeline li:last-child button")) // the first event
	at(1, "OrderCreated")
	if hash := value[string](t, p, "location.hash"); hash != "#/stream/Order%2310300@1" {
		t.Errorf("the address is %s", hash)
	}
	p.run(t, chromedp.Click(".timeline li:first-child button"))
	p.says(t, ".detail h2", fmt.Sprintf("State at version %d", last))
}

// missing: the page says that a stream does not exist.
func missing(t *testing.T, _ *service, p *page) {
	p.view(t, "#/stream/Order%23none", "There is no stream Order#none")
	p.says(t, "main", "No event was ever stored under this name")
	p.run(t, chromedp.SetValue("#q", "Order#none"), chromedp.SendKeys("#q", kb.Enter))
	p.says(t, "main", "There is no stream Order#none, and none whose name begins with it.")
	p.view(t, "#/stream/Order%23none", "There is no stream Order#none")
}

// slow: a slow request shows "Loading" after a moment, and then its answer.
func slow(t *testing.T, _ *service, p *page) {
	p.run(t, chromedp.Evaluate[chromedp.Void](`window.quick = window.fetch;
		window.fetch = async (...all) => { await new Promise(done => setTimeout(done, 2000)); return window.quick(...all); }`))
	for hash, title := range map[string]string{
		"#/stream/Order%2310300": "Order#10300", "#/projections": "Projections", "#/parked": "Parked streams",
	} {
		p.run(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf("location.hash = %q", hash)))
		p.until(t, "[...document.querySelectorAll('main .loading')].some(e => getComputedStyle(e).visibility === 'visible')")
		p.until(t,
			fmt.Sprintf("document.querySelector('h1').textContent === %q && !document.querySelector('main .loading')", title))
	}
	p.run(t, chromedp.Evaluate[chromedp.Void]("window.fetch = window.quick"))
}

// follow: a request with its commits, and the projections that applied them.
func follow(t *testing.T, s *service, p *page) {
	s.post(t, "/orders", `{"orderId":"followed","customerId":"ada","items":[{"productId":"searched","quantity":1,`+
		`"unitPrice":{"amount":"1.00","currency":"USD"}}]}`,
		"X-Correlation-Id", "browser-follow")
	p.view(t, "#/follow/browser-follow", "One request")
	p.says(t, ".trace", "Order#followed")
	p.until(t, "/after [\\d.]+\\s(ms|s)/.test([...document.querySelectorAll('.meta dd')].at(-1).innerText)")
	for _, projection := range []string{"orders", "product-counts"} {
		p.until(t, fmt.Sprintf("[...document.querySelectorAll('.applied tr')].some(r => r.innerText.includes(%q) && "+
			"r.querySelector('time') && /\\d\\s(ms|s)|within/.test(r.innerText))", projection))
	}
}

// escapes: stored text is shown as text, never as HTML.
func escapes(t *testing.T, s *service, p *page) {
	const script = `<script>document.title='run'</script><img src=x onerror="document.title='run'">`
	s.openAccount(t, "script", script)
	p.view(t, "#/stream/Account%23script", "Account#script")
	p.says(t, ".detail", "<script>document.title='run'</script>") // as text
	p.view(t, "#/search?stream=Account%23scr", "Search")
	p.says(t, ".feed li", "Account#script")
	if value[bool](t, p, "document.title === 'run' || document.querySelector('main script, main img') !== null") {
		t.Error("a stored text was rendered as HTML")
	}
	p.view(t, "#/stream/Account%23script", "Account#script")
	p.says(t, ".detail", "<img src=x")
}

// rebuild: a read model is rebuilt from the page, which shows the progress.
func rebuild(t *testing.T, _ *service, p *page) {
	p.view(t, "#/projections", "Projections")
	button := `[aria-label="Rebuild product-counts"]`
	p.run(t, chromedp.WaitVisible(button))
	p.run(t, chromedp.Evaluate[chromedp.Void](`new MutationObserver(() => { if (document.querySelector('main progress, main td small.block')?.innerText !== undefined &&
		/segments|about to serve|read/.test(document.querySelector('main').innerText)) window.progressed = true; }).observe(document.querySelector('main'), { subtree: true, childList: true })`))
	p.run(t, chromedp.Focus(button))
	p.press(t, kb.Enter)
	p.says(t, "dialog", "Rebuild product-counts?")
	p.press(t, kb.Escape)
	p.until(t, "document.querySelector('dialog') === null")
	p.press(t, kb.Enter) // the focus came back
	p.run(t, chromedp.Click("dialog .strong"))
	row := "[...document.querySelectorAll('main tbody tr')].find(r => r.innerText.includes('product-counts'))"
	p.until(t, row+".innerText.includes('rebuilt')")
	p.until(t, row+".children[1].innerText.startsWith('2')") // the generation that serves
	if !value[bool](t, p, "Boolean(window.progressed)") {
		t.Error("the page did not show the progress")
	}
}

// parked: a parked stream shows the reason. A retry fails as long as the cause exists, and then succeeds.
func parked(t *testing.T, s *service, p *page) {
	s.openAccount(t, "parked", "Ada")
	mend := s.spoil(t, "parked")
	p.view(t, "#/parked", "Parked streams")
	for _, reader := range []string{"accounts", "publisher"} {
		p.until(t, fmt.Sprintf("document.querySelector(%q)", retryOf(reader)))
	}
	p.says(t, ".cards", "Account#parked in accounts")
	p.says(t, ".cards pre", "AccountFrozen")
	p.until(t, "document.querySelectorAll('.cards > li').length >= 2 && /Parked "+
		"\\d/.test(document.querySelector('header nav').innerText)")
	p.look(t, "parked-streams")
	p.view(t, "#/stream/Account%23parked", "Account#parked")
	p.says(t, ".models li", "parked at version")
	p.look(t, "parked-stream")
	p.view(t, "#/parked", "Parked streams")
	p.run(t, chromedp.Click(retryOf("accounts")))
	p.says(t, ".cards", "still parked")
	mend()
	for _, projection := range []string{"accounts", "publisher"} {
		p.until(t, fmt.Sprintf("document.querySelector(%q)", retryOf(projection)))
		p.run(t, chromedp.Click(retryOf(projection)))
		p.until(t, fmt.Sprintf("!document.querySelector(%q)", retryOf(projection)))
	}
	p.says(t, "header nav", "Parked")
}

// people: a person is found by id, and is forgotten after the id was typed.
func people(t *testing.T, s *service, p *page) {
	s.openAccount(t, "personal", "Ada")
	p.view(t, "#/people", "People")
	find := func(id string) {
		p.run(t, chromedp.SetValue("#person", id), chromedp.SendKeys("#person", kb.Enter))
	}
	find("<img src=x>")
	p.says(t, "main", "Nothing is stored about a person with the id <img src=x>.")
	find("dev") // the actor of all requests without a token
	p.says(t, ".person", "Nobody asked to forget this person.")
	p.says(t, ".person a", "Account#personal")
	p.look(t, "people-known")
	p.run(t, chromedp.Focus(".person button"))
	p.press(t, kb.Enter)
	p.says(t, "dialog", "Forget dev?")
	if focus := value[string](t, p, "document.activeElement.id"); focus != "typed" {
		t.Errorf("the dialog focuses %q, want the field for the id", focus)
	}
	p.press(t, kb.Enter)
	p.says(t, "dialog", "This is another id. Nothing was done.")
	p.look(t, "people-confirm")
	p.press(t, kb.Escape)
	p.until(t, "document.querySelector('dialog') === null")
	p.says(t, ".person", "Nobody asked to forget this person.")
	p.press(t, kb.Enter) // the focus came back
	p.run(t, chromedp.SendKeys("#typed", "dev"+kb.Enter))
	p.until(t, "document.querySelector('dialog') === null")
	p.says(t, ".person button", "Ask again")
	p.until(t, "/requested|waiting/.test(document.querySelector('.person .tag').innerText)")
	p.says(t, ".person", "waiting")
	p.says(t, ".person", "Key deleted")
	p.look(t, "people-waiting")
	p.until(t, "document.querySelector('.person .tag').innerText === 'forgotten'")
	p.says(t, "#say", "dev is forgotten.")
	p.says(t, ".person", "Streams cleared")
	p.says(t, ".person a", "Subject#dev")
	if value[bool](t, p, "document.querySelector('.person button') !== null") {
		t.Error("a forgotten person can be forgotten again")
	}
	p.view(t, "#/stream/Account%23personal", "Account#personal")
	p.says(t, ".detail", "(removed)")
	p.view(t, "#/people?id=dev", "People")
	p.says(t, ".person", "forgotten")
}

// retryOf is the selector of the button that retries the spoiled account.
func retryOf(projection string) string {
	return fmt.Sprintf(`[aria-label="Retry Account#parked in %s"]`, projection)
}
