package httpapi

import (
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// told is what a caller is told of an error that is about a stream: the error's own words if the audit trail shows
// streams of that type, and else other words, since the names of internal streams are secrets. No message names a
// stream otherwise.
func (a *API) told(stream es.StreamID, own, other string) string {
	if a.public(stream) {
		return own
	}
	return other
}

// public tells whether callers may learn the name of a stream.
func (a *API) public(stream es.StreamID) bool { return slices.Contains(a.service.Streams, stream.Type) }
