package httpapi

import (
	"embed"
	"net/http"
	"sync"

	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"

	"github.com/annals-es/annals/internal/httpapi/route"
)

//go:embed reference
var referencePage embed.FS

// pagePolicy lets the page load what came with it, and ask this API: nothing else. Swagger UI sets styles on elements.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Docs returns the handler of what the API says of itself: its document, and a page that shows it. It is asked no more than that.
// (What a variable of the package held would be linked into every function.)
func (a *API) Docs(document func() ([]byte, error)) http.Handler {
	open := func(at route.Route, handle http.HandlerFunc) {
		a.mux.HandleFunc(at.Method+" "+at.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache") // kept, and asked after
			w.Header().Set("X-Content-Type-Options", "nosniff")
			handle(w, r)
		})
	}
	openAPI := sync.OnceValues(document)
	open(route.GetOpenAPI, func(w http.ResponseWriter, r *http.Request) {
		text, err := openAPI()
		if err != nil {
			a.write(w, r, a.refuse(r.Context(), err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text) // who has gone is told nothing
	})
	open(route.GetDocs, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy)
		http.ServeFileFS(w, r, referencePage, "reference/page.html")
	})
	files := sync.OnceValue(func() http.Handler {
		return http.StripPrefix(route.GetDocs.Path, statigz.FileServer(static.FS, func(s *statigz.Server) {
			s.OnNotFound = func(w http.ResponseWriter, r *http.Request) { a.write(w, r, noSuchRoute()) }
		}))
	})
	open(route.GetDocsFile, func(w http.ResponseWriter, r *http.Request) {
		if file := r.PathValue("file"); file == "start.js" {
			http.ServeFileFS(w, r, referencePage, "reference/"+file)
			return
		}
		files().ServeHTTP(w, r)
	})
	return a.Handler()
}
