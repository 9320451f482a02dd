package annalshttp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// wellFormed refuses a request whose query string or headers could be read in more than one way, whatever its route: a
// part that is empty, malformed, or there more often than once.
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

// checkQuery refuses what url.Values would pass over or hide. Which parameters there are, each operation knows.
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
			return invalidField(field, "has a semicolon, which some take for the end of a parameter: write %3B")
		case !utf8.ValidString(name), !utf8.ValidString(value):
			return invalidField(field, "must be UTF-8, percent-encoded")
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

// What is said of parameters and of headers.
const (
	notEncoded = "is not percent-encoded: write % as %25"
	isEmpty    = "must not be empty: leave it out"
	isRepeated = "must be there once: it is there twice"
)

// The headers that operations read. API Gateway joins the values of a repeated header by commas. A header of which one
// is meant has no comma in its grammar (the key has one in a string alone), so that such a value is malformed. The
// lists are joined here as API Gateway does it.
var (
	singleHeaders = []string{"Content-Type", keyHeader, ifMatchHeader, occurredAtHeader, CorrelationHeader}
	listHeaders   = []string{"Content-Encoding", tokenHeader, "Prefer"}
)

// checkHeaders refuses headers that are there and empty, and those that are repeated where one is meant.
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

// setHeader changes a header of a request that is a copy (correlated makes one). The original's headers stay as they
// are.
func setHeader(r *http.Request, name, value string) {
	r.Header = r.Header.Clone()
	r.Header.Set(name, value)
}
