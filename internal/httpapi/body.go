package httpapi

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

// Unmarshal reads a body, once for the schema (into an any) and once for the operation (into its type). Both times the
// same rules hold, so that what the schema lets pass is what the operation gets: a name stands once in an object, its
// letter case counts, strings are Unicode, and a whole number has one value, however it is written.
//
// Errors: [malformed]. None tells of a value.
func Unmarshal(data []byte, v any) error {
	parsed, generic := v.(*any)
	if !generic {
		return decode(data, v)
	}
	text := jsontext.NewDecoder(bytes.NewBuffer(data))
	value, err := parse(text, 1)
	if err != nil {
		return err
	}
	if _, err := text.ReadToken(); !errors.Is(err, io.EOF) {
		return &malformed{says: "there is more after the JSON value"}
	}
	*parsed = value
	return nil
}

// exactly is how a body becomes the operation's type.
var exactly = json.JoinOptions(
	json.RejectUnknownMembers(true), json.WithUnmarshalers(json.UnmarshalFromFunc(decodeWhole)),
)

// decode reads a body into the operation's type. After the schema has let it pass, this does not fail.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v, exactly)
	if err == nil {
		return nil
	}
	return &malformed{says: "the operation can't hold a value in it"}
}

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
