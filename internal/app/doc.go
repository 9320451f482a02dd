// Package app is the composition root: it builds what the functions do from their environment. Tests build the same on
// clients and tables of their own.
package app
