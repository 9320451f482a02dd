// Package annalshttp serves a service that was declared with package annals as an HTTP API. Start with [Handler]: it
// returns an [http.Handler] for a service that was opened on its stores.
//
// [Commands] and [Queries] return one half of that handler each, for two separate Lambda functions. [Document] returns
// the OpenAPI document.
//
// Each request is parsed once, strictly, and validated against schemas that are derived from the Go types of the
// inputs. The schemas and their validation come from huma (github.com/danielgtaylor/huma/v2). Errors become problem
// details (RFC 9457) in one place.
//
// This package does not check tokens. The code that does, before the handler, passes the caller's subject and scopes
// with [WithPrincipal].
package annalshttp
