package annalsaws

import (
	"net/http"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
)

// Route is one route of the API.
type Route struct {
	// ID is the operation's id, unique, in kebab case.
	ID     string
	Method string
	// Path has its parameters in braces, which is the syntax of both API Gateway and net/http.
	Path     string
	Function Function
	// Scope is the full name of the scope that the route requires: "shop/command". If it is "", the route is public.
	Scope   string
	Summary string
}

// DocsRoutes are the public routes that describe the API. They return no data of the service.
var DocsRoutes = []Route{
	{"get-openapi", http.MethodGet, "/openapi.json", Docs, "", "The API as an OpenAPI 3.1 document"},
	{"get-docs", http.MethodGet, "/docs", Docs, "", "The API as a page"},
	{"get-docs-file", http.MethodGet, "/docs/{file}", Docs, "", "What that page is made of"},
}

// Routes are the routes of a service's operations: the commands, then the queries, each in the order of the
// declaration.
func Routes(s *annals.Service) []Route {
	var commands, queries []Route
	for _, o := range s.Operations {
		route := Route{
			ID: o.ID, Method: o.Method, Path: o.Path, Function: Query, Scope: s.ScopeOf(o.Scope), Summary: o.Summary,
		}
		if o.Kind.Commands() {
			route.Function = Command
			commands = append(commands, route)
			continue
		}
		queries = append(queries, route)
	}
	return slices.Concat(commands, queries)
}

// Scopes returns what each scope of a service allows, by the scope's full name.
func Scopes(s *annals.Service) map[string]string {
	return map[string]string{
		s.ScopeOf(annals.ToCommand): s.Scopes.Command,
		s.ScopeOf(annals.ToQuery):   s.Scopes.Query,
		s.ScopeOf(annals.ToOperate): s.Scopes.Operate,
	}
}

// PublishedTypes returns the types of the streams that have public events, sorted.
func PublishedTypes(s *annals.Service) []string {
	var all []string
	for _, p := range s.Public {
		all = append(all, p.StreamType)
	}
	slices.Sort(all)
	return all
}
