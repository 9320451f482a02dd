// Package annalshttp serves a service that package annals declares over HTTP. Start with [Handler]: it makes an
// [http.Handler] of a service that is opened on its stores. [Commands] and [Queries] are its halves, for functions of
// their own. [Document] returns the OpenAPI document.
//
// Requests are parsed once, strictly, and validated by the schemas of the Go types of inputs; schemas and their
// validation are huma's (github.com/danielgtaylor/huma/v2). Errors become problem details (RFC 9457) in one place.
//
// An edge knows callers by [WithPrincipal]: what checks tokens, before the handler, names their subject and scopes.
package annalshttp
