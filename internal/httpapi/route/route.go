// Package route says what a route of an HTTP API is, and declares those by which an API describes itself.
package route

import "net/http"

// Function names the Lambda function that serves a route.
type Function string

// The functions behind the API.
const (
	Command Function = "command"
	Query   Function = "query"
	Docs    Function = "docs"
)

// Scope is what a caller's token must allow. Its names are those of a Cognito resource server: "<server>/<scope>".
type Scope string

// Route is one route of the API.
type Route struct {
	// ID is the operation's id, unique, in kebab case.
	ID       string
	Method   string
	Path     string // with {parameters}, as both API Gateway and net/http spell them
	Function Function
	Scope    Scope // what opens it; "" = it is open to all
	Summary  string
}

// What the API says of itself.
var (
	GetOpenAPI  = Route{"get-openapi", http.MethodGet, "/openapi.json", Docs, "", "The API as an OpenAPI 3.1 document"}
	GetDocs     = Route{"get-docs", http.MethodGet, "/docs", Docs, "", "The API as a page"}
	GetDocsFile = Route{"get-docs-file", http.MethodGet, "/docs/{file}", Docs, "", "What that page is made of"}
)

// Reference is the routes that describe the others. They tell nothing of anybody, and are no part of what they describe.
var Reference = []Route{GetOpenAPI, GetDocs, GetDocsFile}
