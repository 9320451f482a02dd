package annalshttp

import (
	"embed"
	"net/http"
	"sync"

	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"

	"github.com/annals-es/annals/pkg/annals"
)

//go:embed reference
var referencePage embed.FS

// pagePolicy lets the page load only files of this service, and call only this API. unsafe-inline is needed since
// Swagger UI sets styles on elements.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// DocsRoute is a route of the API's documentation.
type DocsRoute struct{ ID, Method, Path, Summary string }

// DocsRoutes are the routes that [Docs] serves. They need no token, reveal no data, and are not in the OpenAPI
// document.
var DocsRoutes = []DocsRoute{docsOpenAPI, docsPage, docsFile}

var (
	docsOpenAPI = DocsRoute{"get-openapi", http.MethodGet, "/openapi.json", "The API as an OpenAPI 3.1 document"}
	docsPage    = DocsRoute{"get-docs", http.MethodGet, "/docs", "The API as a page"}
	docsFile    = DocsRoute{"get-docs-file", http.MethodGet, "/docs/{file}", "A script or style sheet of that page"}
)

// Docs returns the handler of the API's documentation: the OpenAPI document, and a page that shows it.
//
// Errors: those of [annals.Service.Check]; a cursor key that is too short.
func Docs(s *annals.Service, cfg Config) (http.Handler, error) {
	e, err := newEdge(s, cfg, nil)
	if err != nil {
		return nil, err
	}
	e.serveDocs()
	return e.handler(), nil
}

// serveDocs adds the routes of the documentation. (Handlers in package variables would be linked into every function,
// so they are made here.)
func (e *edge) serveDocs() {
	open := func(at DocsRoute, handle http.HandlerFunc) {
		e.mux.HandleFunc(at.Method+" "+at.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache") // caches may keep it, but must revalidate it
			w.Header().Set("X-Content-Type-Options", "nosniff")
			handle(w, r)
		})
	}
	document := sync.OnceValues(func() ([]byte, error) { return Document(e.service) })
	open(docsOpenAPI, func(w http.ResponseWriter, r *http.Request) {
		text, err := document()
		if err != nil {
			e.write(w, r, e.refuse(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", jsonType)
		_, _ = w.Write(text) // fails only if the caller has disconnected
	})
	open(docsPage, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		http.ServeFileFS(w, r, referencePage, "reference/page.html")
	})
	files := sync.OnceValue(func() http.Handler {
		return http.StripPrefix(docsPage.Path, statigz.FileServer(static.FS, func(s *statigz.Server) {
			s.OnNotFound = func(w http.ResponseWriter, r *http.Request) { e.write(w, r, noSuchRoute()) }
		}))
	})
	open(docsFile, func(w http.ResponseWriter, r *http.Request) {
		if file := r.PathValue("file"); file == "start.js" {
			http.ServeFileFS(w, r, referencePage, "reference/"+file)
			return
		}
		files().ServeHTTP(w, r)
	})
}
