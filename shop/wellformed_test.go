package shop_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es/memstore"
)

// asked is a request with its expected answer. Headers may be repeated.
type asked struct {
	name, target, body string
	headers            []string
	field, says        string // "" = it is let through
}

// both sends a request over net/http, and as an event of API Gateway, which joins repeated headers with commas.
func both(t *testing.T, h http.Handler, a asked) (plain, event answer) {
	t.Helper()
	method, path, _ := strings.Cut(a.target, " ")
	path, query, _ := strings.Cut(path, "?")
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(a.body))
	r.URL.RawQuery = query
	joined := map[string]string{}
	for _, header := range a.headers {
		name, value, _ := strings.Cut(header, ":")
		value = strings.TrimSpace(value)
		r.Header.Add(name, value)
		joined[strings.ToLower(name)] = strings.Join(r.Header.Values(name), ",")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	e := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(a.body))
	e.URL.RawQuery = query
	for name, value := range joined {
		e.Header.Set(name, value)
	}
	we := httptest.NewRecorder()
	h.ServeHTTP(we, e)
	plain = documented(t, method, path, answer{w.Code, w.Header(), w.Body.String()})
	return plain, documented(t, method, path, answer{we.Code, we.Header(), we.Body.String()})
}

// check sends a request in both ways, and expects the same answer.
func (a asked) check(t *testing.T, h http.Handler) {
	t.Helper()
	plain, event := both(t, h, a)
	for way, got := range map[string]answer{"as it is": plain, "from API Gateway": event} {
		if a.says == "" {
			if got.status >= http.StatusMultipleChoices {
				t.Errorf("%s: status %d, body %s; want less than 300", way, got.status, got.text)
			}
			continue
		}
		found := false
		for _, e := range got.refused(t, http.StatusBadRequest, "invalid-request").Errors {
			found = found || e.Field == a.field && strings.Contains(e.Detail, a.says)
		}
		if !found {
			t.Errorf("%s: want %q to say %q, got %s", way, a.field, a.says, got.text)
		}
	}
}

func TestQueryStrings(t *testing.T) {
	t.Parallel()
	store := newStore(t)
	on(t, store, annalshttp.Config{}).ok(t, "POST /accounts", openA)
	queries, docs := queries(t, store), docs(t)
	const one, trail, reference = "GET /accounts/a?", "GET /streams/Account/a?", "GET /openapi.json?"
	const encoded, empty, twice, instant = "write % as %25", "must not be empty", "must be sent once", "RFC 3339"
	for _, test := range []asked{
		{name: "a version", target: one + "version=1"},
		{name: "an instant", target: one + "asOf=2099-01-01T00:00:00Z"},
		{name: "an instant with an offset", target: one + "asOf=2099-01-01T00:00:00%2B01:00"},
		{name: "escapes that need not be", target: one + "%76ersion=%31"},
		{name: "an ampersand too many", target: one + "&version=1&"},
		{name: "a document", target: reference},
		{name: "a document by a parameter of a cache", target: reference + "v=1"},

		{name: "a malformed escape", target: one + "version=%zz", field: "query.version", says: encoded},
		{name: "half an escape", target: one + "version=1%", field: "query.version", says: encoded},
		{name: "a malformed name", target: one + "%zz=1", field: "query.%zz", says: encoded},
		{name: "a malformed token", target: trail + "after=Account%2a%@1", field: "query.after", says: encoded},
		{
			name:   "a malformed escape, and another version",
			target: one + "version=%zz&version=1",
			field:  "query.version",
			says:   encoded,
		},
		{name: "empty", target: one + "version=", field: "query.version", says: empty},
		{name: "empty, without equals", target: one + "version", field: "query.version", says: empty},
		{name: "an empty token", target: trail + "after=", field: "query.after", says: empty},
		{name: "an empty cursor", target: trail + "limit=5&cursor=", field: "query.cursor", says: empty},
		{name: "empty and unknown", target: one + "x=", field: "query.x", says: empty},
		{name: "twice", target: one + "version=1&version=2", field: "query.version", says: twice},
		{name: "twice the same", target: one + "version=1&version=1", field: "query.version", says: twice},
		{name: "twice, in other spellings", target: one + "version=1&%76ersion=2", field: "query.version", says: twice},
		{name: "a semicolon", target: one + "version=1;asOf=x", field: "query.version", says: "%3B"},
		{name: "not UTF-8", target: trail + "after=Account%23%ff@1", field: "query.after", says: "UTF-8"},
		{name: "a name that is not UTF-8", target: one + "%ff=1", field: "query.\ufffd", says: "UTF-8"},
		{name: "no name", target: one + "=1", field: "query", says: "without a name"},
		{name: "in another case", target: one + "Version=1", field: "query.Version", says: "unknown"},
		{name: "unknown", target: one + "v=1", field: "query.v", says: "unknown"},
		{name: "a version with a sign", target: one + "version=+1", field: "query.version", says: "integer"},
		{
			name: "a version over 64 bits", target: one + "version=9223372036854775808", field: "query.version", says: "integer",
		},
		{name: "a document, malformed", target: reference + "v=%zz", field: "query.v", says: encoded},
		{name: "a document, twice", target: reference + "v=1&v=2", field: "query.v", says: twice},

		{name: "a plus in an instant", target: one + "asOf=2026-01-01T00:00:00+01:00", field: "query.asOf", says: "%2B"},
		{name: "a day that is none", target: one + "asOf=2026-02-30T00:00:00Z", field: "query.asOf", says: instant},
		{
			name:   "an instant too fine",
			target: one + "asOf=2026-01-01T00:00:00.1234567Z",
			field:  "query.asOf",
			says:   "microsecond",
		},
		{name: "an instant after 9999", target: one + "asOf=9999-12-31T23:59:59-00:01", field: "query.asOf", says: "1970"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := queries
			if strings.HasPrefix(test.target, reference) {
				h = docs
			}
			test.check(t, h)
		})
	}
}

// TestAfterIsNotLost: a malformed token is refused, whatever is wrong with it, and never ignored.
func TestAfterIsNotLost(t *testing.T) {
	t.Parallel()
	h := queries(t, memstore.New())
	for _, after := range []string{
		"%zz", "", "Account%23a%401&after=", "Account%23a", "Account#a@1", "Account%23a@1;x", "%00", "+", ",",
	} {
		path, _, _ := strings.Cut("/streams/Account/a?after="+after, "#") // as clients do
		plain, event := both(t, h, asked{target: "GET " + path})
		plain.refused(t, http.StatusBadRequest, "invalid-request")
		event.refused(t, http.StatusBadRequest, "invalid-request")
	}
}

func TestRequestHeaders(t *testing.T) {
	t.Parallel()
	const deposits = "POST /accounts/a/deposits"
	const empty, instant = "must not be empty", "RFC 3339"
	tests := []asked{
		{
			name: "one of each",
			headers: []string{
				"Idempotency-Key: k", "If-Match: *", "Occurred-At: 2020-01-01T00:00:00Z",
				"X-Correlation-Id: c", "Content-Type: application/json", "Content-Encoding: identity",
			},
		},
		{
			name:    "an encoding that changes nothing, twice",
			headers: []string{"Content-Encoding: identity", "Content-Encoding: Identity"},
		},
		{name: "two conditions", headers: []string{`If-Match: "1"`, `If-Match: "1"`}, field: "header.If-Match"},
		{
			name:    "two instants",
			headers: []string{"Occurred-At: 2020-01-01T00:00:00Z", "Occurred-At: 2020-01-01T00:00:00Z"},
			field:   "header.Occurred-At",
		},
		{
			name:    "two correlation ids",
			headers: []string{"X-Correlation-Id: a", "X-Correlation-Id: a"},
			field:   "header.X-Correlation-Id",
		},
		{
			name:    "two content types",
			headers: []string{"Content-Type: application/json", "Content-Type: application/json"},
			field:   "header.Content-Type",
		},
		{
			name:    "another content type after a parameter",
			headers: []string{"Content-Type: application/json; charset=utf-8", "Content-Type: text/plain"},
			field:   "header.Content-Type",
		},
	}
	for i := range tests {
		if tests[i].field != "" {
			tests[i].says = " " // over net/http it is there twice, as an event it is malformed
		}
	}
	for _, name := range []string{
		"Idempotency-Key", "If-Match", "Occurred-At", "X-Correlation-Id",
		"Consistency-Token", "Prefer", "Content-Type", "Content-Encoding",
	} {
		tests = append(tests, asked{
			name: "empty " + name, headers: []string{name + ":"}, field: "header." + name, says: empty,
		})
	}
	for name, at := range map[string]string{
		"too fine": "2020-01-01T00:00:00.1234567Z", "finer than nanoseconds": "2020-01-01T00:00:00.1234560000Z",
		"a comma":              "2020-01-01T00:00:00,5Z",
		"one digit of an hour": "2020-01-01T1:00:00Z", "small letters": "2020-01-01t00:00:00z",
		"a space":       "2020-01-01 00:00:00Z",
		"a leap second": "2016-12-31T23:59:60Z", "before 1970": "1969-12-31T23:59:59Z",
		"before 1970 by its offset": "1970-01-01T00:00:00+00:01",
		"a day that is none":        "2021-02-29T00:00:00Z", "an hour that is none": "2020-01-01T24:00:00Z",
		"an offset that is none":    "2020-01-01T00:00:00+24:00",
		"an offset without a colon": "2020-01-01T00:00:00+0100", "a point alone": "2020-01-01T00:00:00.Z",
		"a date":       "2020-01-01",
		"other digits": "２020-01-01T00:00:00Z",
	} {
		tests = append(tests, asked{
			name: name, headers: []string{"Occurred-At: " + at}, field: "header.Occurred-At", says: instant,
		})
	}
	for name, at := range map[string]string{
		"a microsecond": "2020-01-01T00:00:00.000001Z", "nanoseconds that are none": "2020-01-01T00:00:00.123456000Z",
		"an offset":        "2020-01-01T00:00:00-23:59",
		"the first second": "1970-01-01T00:00:00Z", "an unknown offset": "2020-01-01T00:00:00-00:00",
	} {
		tests = append(tests, asked{name: name, headers: []string{"Occurred-At: " + at}})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.target, test.body = deposits, usd5
			test.check(t, newClientWithA(t).handler)
		})
	}
}

func newClientWithA(t *testing.T) *client {
	t.Helper()
	c := newClient(t)
	c.ok(t, "POST /accounts", openA)
	return c
}

// TestListsOfHeaders: repeated lines of a list header mean the same as one line with commas.
func TestListsOfHeaders(t *testing.T) {
	t.Parallel()
	h := queries(t, memstore.New())
	for _, second := range []string{"Account#b", "Account#a"} {
		plain, event := both(t, h, asked{
			target:  "GET /streams/Account/a",
			headers: []string{"Consistency-Token: Account#a@1", "Consistency-Token: " + second},
		})
		for _, got := range []answer{plain, event} {
			if p := got.refused(t, http.StatusBadRequest, "invalid-request"); p.Errors[0].Field != "header.Consistency-Token" {
				t.Errorf("second token %s: %+v, want header.Consistency-Token refused", second, p)
			}
		}
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		status  int
	}{
		"none":                       {nil, 201},
		"JSON":                       {[]string{"Content-Type: application/json"}, 201},
		"in capitals, with spaces":   {[]string{"Content-Type: Application/JSON ;  Charset=UTF-8 "}, 201},
		"quoted":                     {[]string{`Content-Type: application/json; charset="utf-8"`}, 201},
		"another parameter":          {[]string{"Content-Type: application/json; profile=x"}, 201},
		"an empty parameter":         {[]string{"Content-Type: application/json;"}, 201},
		"UTF-16":                     {[]string{"Content-Type: application/json; charset=utf-16"}, 415},
		"Latin-1":                    {[]string{"Content-Type: application/json; charset=iso-8859-1"}, 415},
		"no charset after charset=":  {[]string{"Content-Type: application/json; charset="}, 415},
		"two charsets":               {[]string{"Content-Type: application/json; charset=utf-8; charset=utf-16"}, 415},
		"text":                       {[]string{"Content-Type: text/plain"}, 415},
		"text that ends as JSON":     {[]string{"Content-Type: application/jsonx"}, 415},
		"a form":                     {[]string{"Content-Type: application/x-www-form-urlencoded"}, 415},
		"a kind of JSON":             {[]string{"Content-Type: application/merge-patch+json"}, 415},
		"no media type":              {[]string{"Content-Type: json"}, 415},
		"compressed":                 {[]string{"Content-Type: application/json", "Content-Encoding: gzip"}, 415},
		"compressed, and as it is":   {[]string{"Content-Encoding: identity, br"}, 415},
		"compressed, in other lines": {[]string{"Content-Encoding: identity", "Content-Encoding: BR"}, 415},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain, event := both(t, newClient(t).handler, asked{
				target: "POST /accounts", body: strings.Replace(openA, `"accountId":"a",`, "", 1), headers: test.headers,
			})
			for _, got := range []answer{plain, event} {
				if test.status == http.StatusUnsupportedMediaType {
					got.refused(t, test.status, "unsupported-media-type")
				}
				if got.status != test.status {
					t.Errorf("status %d, body %s; want %d", got.status, got.text, test.status)
				}
				if takes := got.header.Get("Accept-Encoding"); (takes == "identity") != strings.HasPrefix(name, "compressed") {
					t.Errorf("Accept-Encoding: %q, want identity for a compressed body alone", takes)
				}
			}
		})
	}
	c := newClientWithA(t)
	c.ok(t, "POST /accounts/a/deposits", strings.Replace(usd5, "5.00", "10.00", 1),
		"Content-Type: application/json; charset=utf-8")
	for _, way := range []string{"text/plain", "application/json"} { // it says something of no body
		if got := c.send(t, "POST /accounts/a/close", "",
			"Content-Type: "+way); got.status != http.StatusUnprocessableEntity {
			t.Errorf("with the header Content-Type: %s: status %d, body %s; want 422", way, got.status, got.text)
		}
	}
}

// TestPathParameters: an escaped character in a path is refused, as an id or as a path.
func TestPathParameters(t *testing.T) {
	t.Parallel()
	c := newClientWithA(t)
	for _, id := range []string{"a%2Fb", "a%00", "a%0A", "%C3%A9", "%ff", "a%23b", "%2e%2e", "a%20", "a%252Fb"} {
		plain := c.send(t, "POST /accounts/"+id+"/close", "")
		if plain.status != http.StatusBadRequest && plain.status != http.StatusNotFound {
			t.Errorf("request with the id %s: status %d, body %s; want 400 or 404", id, plain.status, plain.text)
		}
	}
}
