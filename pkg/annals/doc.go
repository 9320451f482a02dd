// Package annals declares a service: its aggregates, commands, queries, read models, reactions and public events, once.
// Start with [New]. Package annalshttp serves a declaration over HTTP; package annalslambda makes Lambda functions of
// it.
//
// A declaration consists of plain data and functions. Making one reads no environment and uses no network.
package annals
