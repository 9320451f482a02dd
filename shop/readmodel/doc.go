// Package readmodel holds the service's read models: one file each, with its projection, its rows and its queries.
package readmodel
