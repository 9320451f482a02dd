package annalshttp

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is how many levels deep a body may nest. The deepest body of the sample has 4 levels.
const maxDepth = 32

// parseBody parses a body for its validation. It refuses duplicate member names and strings that are not valid UTF-8. A
// whole number has one value however it is written: 2, 2.0 and 2e0 are equal.
//
// Errors: [malformed]. Its text contains no value of the body.
func parseBody(data []byte) (any, error) {
	text := jsontext.NewDecoder(bytes.NewBuffer(data))
	value, err := parse(text, 1)
	if err != nil {
		return nil, err
	}
	if _, err := text.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, &malformed{says: "more text follows the JSON value"}
	}
	return value, nil
}

// decode decodes a body into the operation's type, by the same rules as parseBody. The body must have been parsed and
// validated. If a whole number is written as 2.0 or 2e0, the parsed form is decoded instead of the text.
//
// Errors: [malformed] if the schema allows a value that the type can't hold.
func decode(data []byte, parsed, v any) error {
	if json.Unmarshal(data, v, exactly) == nil || decodeParsed(parsed, v) == nil {
		return nil
	}
	return &malformed{says: "a value is outside the range that the operation accepts"}
}

// decodeParsed decodes a parsed body into a type.
func decodeParsed(parsed, v any) error {
	data, err := json.Marshal(parsed)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v, exactly)
}

// exactly is the option by which bodies are decoded: unknown members are errors.
var exactly = json.RejectUnknownMembers(true)

// parse parses the next value.
func parse(text *jsontext.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, &malformed{says: "nested deeper than " + strconv.Itoa(maxDepth) + " levels"}
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
		member := name.String() // the token is valid only until the next read
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

// null stands for a JSON null. No schema of a body allows it: an optional member is left out instead. (As a Go nil,
// huma would accept it.)
type null struct{}

// MarshalJSON implements [json.Marshaler].
func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }
