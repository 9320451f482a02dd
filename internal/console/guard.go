package console

import (
	"crypto/subtle"
	"net"
	"net/http"
)

// policy lets the page load from and send requests to this handler only. It forbids frames and forms. It also forbids
// to make HTML from text: the browser refuses innerHTML and the like.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// cookie is the name of the cookie with the key, in a browser that has opened the address with the key.
const cookie = "annals-console"

// guarded refuses requests from pages of other sites, requests to other host names (DNS rebinding), and requests
// without the key.
func guarded(key string, next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !loopback(r.Host):
			problem(w, http.StatusForbidden, "open the console as 127.0.0.1 or localhost")
		case key == "" || held(r, key):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && r.URL.Path == "/" && same(r.URL.Query().Get("key"), key):
			//nolint:gosec // without TLS, on the loopback interface
			http.SetCookie(w, &http.Cookie{
				Name: cookie, Value: key, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
			http.Redirect(w, r, "/", http.StatusSeeOther) // removes the key from the address
		default:
			problem(w, http.StatusUnauthorized, "open the address that `annals console` printed: it has the key")
		}
	}))
}

func held(r *http.Request, key string) bool {
	c, err := r.Cookie(cookie)
	return err == nil && same(c.Value, key)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// loopback tells whether a host name can only be that of this machine.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "127.0.0.1" || host == "localhost" || host == "::1" || host == "[::1]"
}
