package annalshttp

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how deep a body may nest. The deepest one that the API takes has 4 levels.
const maxDepth = 32

// parseBody reads a body for its schema: a name stands once in an object, strings are Unicode, and a whole number has
// one value, however it is written.
//
// Errors: [malformed]. None tells of a value.
func parseBody(data []byte) (any, error) {
	text := jsontext.NewDecoder(bytes.NewBuffer(data))
	value, err := parse(text, 1)
	if err != nil {
		return nil, err
	}
	if _, err := text.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, &malformed{says: "there is more after the JSON value"}
	}
	return value, nil
}

// decode reads a body that was parsed, and that its schema lets pass, into the operation's type. The same rules hold.
// Whole numbers that are not written as such (2.0, 2e0) are read as they were parsed.
//
// Errors: [malformed] if the type can't hold a value that the schema allows.
func decode(data []byte, parsed, v any) error {
	if json.Unmarshal(data, v, exactly) == nil || decodeParsed(parsed, v) == nil {
		return nil
	}
	return &malformed{says: "the operation can't hold a value in it"}
}

// decodeParsed reads what was parsed into a type.
func decodeParsed(parsed, v any) error {
	data, err := json.Marshal(parsed)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v, exactly)
}

// exactly is how a body becomes the operation's type.
var exactly = json.RejectUnknownMembers(true)

// parse reads the next value for the schema.
func parse(text *jsontext.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &malformed{says: "the depth is over " + strconv.Itoa(maxDepth) + " levels"}
	}
	token, err := text.ReadToken()
	if err != nil {
		return nil, syntax(err)
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
		return parseObject(text, depth)
	case jsontext.KindBeginArray:
		return parseArray(text, depth)
	case jsontext.KindNumber:
		return parseNumber(token.String()), nil
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNull:
		return null{}, nil
	default:
		return token.Kind() == jsontext.KindTrue, nil
	}
}

func parseObject(text *jsontext.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for text.PeekKind() != jsontext.KindEndObject {
		name, err := text.ReadToken()
		if err != nil {
			return nil, syntax(err)
		}
		member := name.String() // the token ends with the next one
		value, err := parse(text, depth+1)
		if err != nil {
			return nil, within(err, "."+member)
		}
		object[member] = value
	}
	_, err := text.ReadToken()
	return object, syntax(err)
}

func parseArray(text *jsontext.Decoder, depth int) (any, error) {
	array := []any{}
	for text.PeekKind() != jsontext.KindEndArray {
		value, err := parse(text, depth+1)
		if err != nil {
			return nil, within(err, "["+strconv.Itoa(len(array))+"]")
		}
		array = append(array, value)
	}
	_, err := text.ReadToken()
	return array, syntax(err)
}

// null is a null, which no schema of a body allows: an optional member is absent. (huma would let a nil pass.)
type null struct{}

// MarshalJSON implements [json.Marshaler].
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
