package annalshttp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// wellFormed refuses, on every route, requests whose query string or headers are ambiguous: with a part that is empty,
// malformed or repeated.
func (e *edge) wellFormed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, check := range []func(*http.Request) *Problem{checkQuery, checkHeaders, checkMedia} {
			if p := check(r); p != nil {
				e.write(w, r, p)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// checkQuery refuses query strings that url.Values would read without an error, but not completely. Unknown parameters
// are refused later, by the operation.
func checkQuery(r *http.Request) *Problem {
	var seen []string
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if pair == "" {
			continue
		}
		key, text, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil {
			return invalidField("query."+key, notEncoded)
		}
		value, err := url.QueryUnescape(text)
		field := "query." + name
		switch {
		case err != nil:
			return invalidField(field, notEncoded)
		case strings.Contains(pair, ";"):
			return invalidField(field, "has a semicolon, which some servers read as the end of a parameter: write %3B")
		case !utf8.ValidString(name), !utf8.ValidString(value):
			return invalidField(field, notUTF8)
		case name == "":
			return invalidField("query", "has a parameter without a name")
		case value == "":
			return invalidField(field, isEmpty)
		case slices.Contains(seen, name):
			return invalidField(field, isRepeated)
		}
		seen = append(seen, name)
	}
	return nil
}

// Messages about parameters and headers.
const (
	notEncoded = "has an invalid percent-encoding: write % as %25"
	notUTF8    = "must be UTF-8, percent-encoded"
	isEmpty    = "must not be empty: leave it out, or give it a value"
	isRepeated = "must be sent once, but was sent twice"
)

// The headers that operations read. API Gateway joins the values of a repeated header with commas. The grammar of a
// single header allows no comma (Idempotency-Key only in quotes), so joined values are malformed. Repeated list headers
// are joined here in the same way.
var (
	singleHeaders = []string{"Content-Type", keyHeader, ifMatchHeader, occurredAtHeader, CorrelationHeader}
	listHeaders   = []string{"Content-Encoding", tokenHeader, "Prefer"}
)

// checkHeaders refuses empty headers, and repeated headers that are not lists.
func checkHeaders(r *http.Request) *Problem {
	for _, name := range singleHeaders {
		values := r.Header[http.CanonicalHeaderKey(name)]
		switch {
		case slices.ContainsFunc(values, isBlank):
			return invalidField("header."+name, isEmpty)
		case len(values) > 1:
			return invalidField("header."+name, isRepeated)
		}
	}
	for _, name := range listHeaders {
		values := r.Header[http.CanonicalHeaderKey(name)]
		switch {
		case slices.ContainsFunc(values, isBlank):
			return invalidField("header."+name, isEmpty)
		case len(values) > 1:
			setHeader(r, name, strings.Join(values, ","))
		}
	}
	return nil
}

func isBlank(text string) bool { return strings.TrimSpace(text) == "" }

// setHeader sets a header of a request. The request must be a copy, as correlated makes one; the original's headers
// stay unchanged.
func setHeader(r *http.Request, name, value string) {
	r.Header = r.Header.Clone()
	r.Header.Set(name, value)
}
