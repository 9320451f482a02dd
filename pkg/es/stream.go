package es

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/annals-es/annals/pkg/es/internal/stored"
)

// StreamID is the name of a stream, which holds all events of one aggregate.
type StreamID struct {
	// Type is the type of aggregate, such as "Account". It contains no '#'.
	Type string `json:"type"`
	// ID is the aggregate's id: any non-empty UTF-8 text.
	ID string `json:"id"`
}

// String returns the name as it is stored: Type#ID.
func (s StreamID) String() string { return s.Type + "#" + s.ID }

// ParseStreamID parses a stored name. The type ends at the first '#'.
//
// Errors: [StreamNameError]; [LimitError].
func ParseStreamID(name string) (StreamID, error) {
	typ, id, ok := strings.Cut(name, "#")
	if !ok {
		return StreamID{}, &StreamNameError{Name: name, Reason: "want Type#id"}
	}
	s := StreamID{Type: typ, ID: id}
	return s, s.Validate()
}

// Validate returns an error if the name is invalid. Every store calls it before it reads or writes.
//
// Errors: [StreamNameError]; [LimitError] for a name of more than 2,048 bytes, DynamoDB's limit for a partition key.
func (s StreamID) Validate() error {
	switch name := s.String(); {
	case s.Type == "" || s.ID == "":
		return &StreamNameError{Name: name, Reason: "type and id must not be empty"}
	case strings.Contains(s.Type, "#"):
		return &StreamNameError{Name: name, Reason: "the type must not contain '#'"}
	case !utf8.ValidString(name):
		return &StreamNameError{Name: name, Reason: "the name must be UTF-8"}
	case len(name) > stored.MaxStreamBytes:
		return &LimitError{Stream: s, What: "bytes in a stream's name", Size: len(name), Limit: stored.MaxStreamBytes}
	}
	return nil
}

// StreamVersion is a version of a stream. As text it is the consistency token.
type StreamVersion struct {
	Stream  StreamID `json:"stream"`
	Version int64    `json:"version"`
}

// String returns the form of consistency tokens: Type#ID@version.
func (v StreamVersion) String() string { return fmt.Sprintf("%s@%d", v.Stream, v.Version) }

// ParseStreamVersion parses what [StreamVersion.String] returns: the version, from 1, follows the last '@'.
//
// Errors: an error that quotes the text; those of [ParseStreamID].
func ParseStreamVersion(text string) (StreamVersion, error) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return StreamVersion{}, fmt.Errorf("stream version %q: want Type#id@version", text)
	}
	version, err := strconv.ParseInt(text[at+1:], 10, 64)
	if err != nil || version < 1 || strconv.FormatInt(version, 10) != text[at+1:] {
		return StreamVersion{}, fmt.Errorf("stream version %q: want a number from 1 after the '@'", text)
	}
	stream, err := ParseStreamID(text[:at])
	return StreamVersion{Stream: stream, Version: version}, err
}
