// Package scaffold writes a new aggregate into the module of a service: a folder with the aggregate, its commands, a read model
// and the tests of all that; and one line of the service's declaration, which has the service know it.
package scaffold
