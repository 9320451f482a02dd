package shop_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestReference asks for the API's document, for the page that shows it and for each file that the page names.
func TestReference(t *testing.T) {
	t.Parallel()
	h := docs(t)
	ask := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	document := ask("/openapi.json")
	var doc struct{ OpenAPI string }
	if err := json.Unmarshal(document.Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" ||
		document.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the document: status %d, headers %v, %+v, %v; want OpenAPI 3.1.0 as JSON",
			document.Code, document.Header(), doc, err)
	}
	page := ask("/docs")
	if page.Code != http.StatusOK || page.Header().Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.Contains(page.Header().Get("Content-Security-Policy"), "script-src 'self';") {
		t.Errorf("the page: status %d, headers %v; want 200 as HTML with a Content-Security-Policy", page.Code, page.Header())
	}
	files := regexp.MustCompile(`(?:src|href)="(docs/[^"]+)"`).FindAllStringSubmatch(page.Body.String(), -1)
	if len(files) != 3 || strings.Contains(page.Body.String(), "://") {
		t.Errorf("the page names %q", files)
	}
	for _, file := range files {
		plain := ask("/"+file[1], "Accept-Encoding", "identity")
		kind := plain.Header().Get("Content-Type")
		if plain.Code != http.StatusOK || !strings.Contains(kind, "css") && !strings.Contains(kind, "javascript") ||
			plain.Body.Len() < 100 || plain.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("file %s: status %d, headers %v; want 200 as CSS or JavaScript, with nosniff",
				file[1], plain.Code, plain.Header())
		}
		small := ask("/"+file[1], "Accept-Encoding", "gzip")
		if small.Header().Get("Content-Encoding") != "gzip" {
			continue
		}
		z, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(z); err != nil || string(text) != plain.Body.String() {
			t.Errorf("%s: the compressed file differs, %v", file[1], err)
		}
		if again := ask("/"+file[1], "Accept-Encoding", "gzip", "If-None-Match",
			small.Header().Get("Etag")); again.Code != http.StatusNotModified {
			t.Errorf("%s with If-None-Match: status %d, want 304", file[1], again.Code)
		}
	}
	if missing := ask("/docs/nothing.js"); missing.Code != http.StatusNotFound ||
		!strings.Contains(missing.Body.String(), "no-such-route") {
		t.Errorf("a file that is not there: status %d, body %s; want 404 no-such-route", missing.Code, missing.Body)
	}
}
