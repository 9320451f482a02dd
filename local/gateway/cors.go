package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// CORS says which pages of other origins may call an API, and how. The fields are those of CorsConfiguration, see
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html.
type CORS struct {
	// AllowOrigins are origins, "*" for any, or "https://*" and "http://*" for any of that scheme.
	AllowOrigins  []string
	AllowMethods  []string
	AllowHeaders  []string
	ExposeHeaders []string
	// MaxAge is how many seconds a browser may cache the response to a preflight. If nil, the browser decides.
	MaxAge           *int
	AllowCredentials bool
}

// Allows reports whether pages of an origin may call the API. A nil CORS allows none.
func (c *CORS) Allows(origin string) bool { return c.allowed(origin) != "" }

// allowed returns the value of Access-Control-Allow-Origin for an origin, or "" if the origin is not allowed.
func (c *CORS) allowed(origin string) string {
	switch {
	case c == nil || origin == "":
		return ""
	case slices.Contains(c.AllowOrigins, origin):
		return origin
	case slices.Contains(c.AllowOrigins, "*"):
		return "*"
	}
	if scheme, _, ok := strings.Cut(origin, "://"); ok && slices.Contains(c.AllowOrigins, scheme+"://*") {
		return origin
	}
	return ""
}

// preflight reports whether a request is a browser's preflight.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" &&
		r.Header.Get("Access-Control-Request-Method") != ""
}

// set writes the CORS headers for the page that sent the request. They replace the function's own.
func (c *CORS) set(header http.Header, r *http.Request) {
	for name := range header {
		if strings.HasPrefix(name, "Access-Control-") {
			header.Del(name)
		}
	}
	allowed := c.allowed(r.Header.Get("Origin"))
	if allowed == "" || r.Method == http.MethodOptions && !preflight(r) {
		return
	}
	header.Set("Access-Control-Allow-Origin", allowed)
	if c.AllowCredentials {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	lists := map[string][]string{"Access-Control-Expose-Headers": c.ExposeHeaders}
	if preflight(r) {
		lists = map[string][]string{
			"Access-Control-Allow-Methods": c.AllowMethods, "Access-Control-Allow-Headers": c.AllowHeaders,
		}
		if c.MaxAge != nil {
			header.Set("Access-Control-Max-Age", strconv.Itoa(*c.MaxAge))
		}
	}
	for name, values := range lists {
		if len(values) > 0 {
			header.Set(name, strings.Join(values, ","))
		}
	}
}

// corsWriter sets the CORS headers at the start of every response.
type corsWriter struct {
	http.ResponseWriter
	cors    *CORS
	request *http.Request
}

func (w corsWriter) WriteHeader(status int) {
	w.cors.set(w.Header(), w.request)
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w corsWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
