package console_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/console"
)

// A page that needs no service.
func page(t *testing.T, cfg console.Config) http.Handler {
	t.Helper()
	return console.New(t.Context(), nil, nil, nil, cfg)
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	h := page(t, console.Config{})
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8", "/style.css": "text/css; charset=utf-8",
		"/icon.svg": "image/svg+xml", "/nothing": "",
	} {
		w := send(t, h, http.MethodGet, path, "", nil)
		if kind != "" && (w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind) {
			t.Errorf("GET %s: status %d, Content-Type %q; want 200 and %q", path, w.Code, w.Header().Get("Content-Type"), kind)
		}
		csp := w.Header().Get("Content-Security-Policy")
		for _, rule := range []string{
			"default-src 'none'", "script-src 'self'", "connect-src 'self'",
			"frame-ancestors 'none'", "require-trusted-types-for 'script'",
		} {
			if !strings.Contains(csp, rule) {
				t.Errorf("%s: no %q in its policy %q", path, rule, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("GET %s: headers %v, want a strict Content-Security-Policy and nosniff", path, w.Header())
		}
	}
}

// Who gets in: by a name of this machine alone, and with the key where there is one.
func TestKey(t *testing.T) {
	t.Parallel()
	open, locked := page(t, console.Config{}), page(t, console.Config{Key: "secret"})
	for _, test := range []struct {
		name      string
		h         http.Handler
		url, held string
		want      int
	}{
		{"everybody here", open, "http://127.0.0.1:3000/", "", 200},
		{"localhost", open, "http://localhost/api/about", "", 200},
		{"IPv6", open, "http://[::1]:3000/", "", 200},
		{"a name that leads here", open, "http://evil.example:3000/api/about", "", 403},
		{"a name that leads here, with the key", locked, "http://evil.example/?key=secret", "secret", 403},
		{"without the key", locked, "http://127.0.0.1:3000/", "", 401},
		{"without the key, a file", locked, "http://127.0.0.1:3000/app.js", "", 401},
		{"with another key", locked, "http://127.0.0.1:3000/?key=other", "", 401},
		{"with an empty key", locked, "http://127.0.0.1:3000/?key=", "", 401},
		{"the key elsewhere", locked, "http://127.0.0.1:3000/api/about?key=secret", "", 401},
		{"the key", locked, "http://127.0.0.1:3000/?key=secret", "", 303},
		{"the cookie", locked, "http://127.0.0.1:3000/api/about", "secret", 200},
		{"another cookie", locked, "http://127.0.0.1:3000/api/about", "other", 401},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.url, nil)
		if test.held != "" {
			r.AddCookie(&http.Cookie{Name: "annals-console", Value: test.held})
		}
		w := httptest.NewRecorder()
		if test.h.ServeHTTP(w, r); w.Code != test.want {
			t.Errorf("%s: status %d, want %d: %s", test.name, w.Code, test.want, w.Body)
		}
		if test.want != 303 {
			continue
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode ||
			w.Header().Get("Location") != "/" {
			t.Errorf("%s: cookies %v, location %s; want one strict HttpOnly cookie and /",
				test.name, cookies, w.Header().Get("Location"))
		}
	}
}

// maxPage is the most bytes that the whole page may have.
const maxPage = 64 << 10

var (
	// makesHTML is all that makes HTML or code of text, or runs what an attribute says.
	makesHTML = regexp.MustCompile(
		`(?i)innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|setHTML|parseFromString|DOMParser|srcdoc|eval\(|new Function|javascript:|\.on(?:click|load)\s*=`,
	)
	outside = regexp.MustCompile(`https?://[^'"\s)]+`)
	href    = regexp.MustCompile(`href:\s*(\S+)`)
)

// TestEscapes: what is stored can only become text. There is no way to HTML in the scripts, no script in the page,
// links of the scripts stay in the page, and no other host is asked for anything.
func TestEscapes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("web/*")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	size := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		size += len(text)
		if found := makesHTML.FindString(string(text)); found != "" {
			t.Errorf("%s makes HTML from text: %s", file, found)
		}
		for _, address := range outside.FindAllString(string(text), -1) {
			if address != "http://www.w3.org/2000/svg" {
				t.Errorf("%s requests %s, want no other address", file, address)
			}
		}
		for _, link := range href.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(link[1], "'#/") {
				t.Errorf("%s links to %s, want links within the page alone", file, link[1])
			}
		}
		if strings.HasSuffix(file, ".html") &&
			regexp.MustCompile(`<script(?: type="module")?>|<style| style=| on[a-z]+=`).Match(text) {
			t.Errorf("%s has inline code or style, which the policy forbids", file)
		}
	}
	if size > maxPage {
		t.Errorf("the page has %d bytes, at most %d are wanted", size, maxPage)
	}
}
