package shop

import "github.com/annals-es/annals/pkg/annals"

// api describes the HTTP API in its OpenAPI document.
var api = annals.API{
	Title: "Shop", Description: description, Problems: "https://annals-es.github.io/shop/problems/",
	License: annals.License{Name: "Apache License 2.0", Identifier: "Apache-2.0"},
}

// scopes are what the scopes allow.
var scopes = annals.Scopes{
	Command: "Change what is one's own",
	Query:   "Read what is one's own, and products",
	Operate: "Act on what belongs to anybody; products, stock, payments and shipments",
}

const description = `Accounts, orders and products as streams of events.

Every command answers with the resulting state and version, and with a Consistency-Token. A command that is repeated with
the same Idempotency-Key is done once and answered as the first time.

Queries answer from read models, which follow within milliseconds, mostly. A query that is given the Consistency-Token of a
command waits until its read model shows what the command did. Where that takes too long, who created what is asked for is
answered from the events ("Consistency: strong"); those who ask for a list or a count are answered with 202 and Retry-After.

The items of orders are listed products, at their current price. Operators may set another.

A request means one thing, or it is refused (400, and the place of what is wrong). In a body, a name stands once in its object,
strings are Unicode, and an optional member is absent or valid, never null. A whole number may be written in any way (2, 2.0,
2e0). Answers may get further members in later versions: pass over what you do not know. In a query string, a parameter stands once,
is not empty and is percent-encoded (+ as %2B). A header of which one is meant stands once and is not empty. Bodies are
application/json in UTF-8, not compressed: anything else is 415.

Everybody sees and changes what is their own: what they created, and orders that are for them. What is another's is answered as what
does not exist. Products are for all to see. Who has the scope shop/operate acts on what is anybody's.`
