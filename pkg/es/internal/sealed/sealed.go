// Package sealed reads and writes sealed values: what stands in a stored payload in place of personal data. The format
// is in docs/format.md.
package sealed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Value is a sealed value.
type Value struct {
	// Subject is whom the value is about.
	Subject string
	// Number is the number of the subject's key, from 1.
	Number int
	// Box is the nonce, the ciphertext and the tag, in base64url without padding.
	Box string
	// Erased is what the value becomes without the key, as JSON. If nil, it is null.
	Erased json.RawMessage
}

// prefix begins each sealed value. Valid JSON has it nowhere else: within a text, the first quotation mark would end
// the text.
const prefix = `{"` + Name + `":`

// Name is the only name of an object that no payload may begin with.
const Name = "$sealed"

const version = "1"

// In reports whether a payload holds sealed values.
func In(payload []byte) bool { return bytes.Contains(payload, []byte(prefix)) }

// Append appends a sealed value, as JSON.
func Append(payload []byte, v Value) []byte {
	text := strings.Join([]string{version, strconv.Itoa(v.Number), v.Box, v.Subject}, ".")
	quoted, _ := json.Marshal(text) // a text can't fail
	payload = append(append(payload, prefix...), quoted...)
	if v.Erased != nil {
		payload = append(append(payload, erasedMember...), v.Erased...)
	}
	return append(payload, '}')
}

// Replace returns a payload with each sealed value replaced by what with returns for it.
//
// Errors: with's own; one for a sealed value that can't be read.
func Replace(payload []byte, with func(Value) (json.RawMessage, error)) (json.RawMessage, error) {
	var out []byte
	for {
		from := bytes.Index(payload, []byte(prefix))
		if from < 0 {
			return append(out, payload...), nil
		}
		v, size, err := parse(payload[from:])
		if err != nil {
			return nil, err
		}
		open, err := with(v)
		if err != nil {
			return nil, err
		}
		out = append(append(out, payload[:from]...), open...)
		payload = payload[from+size:]
	}
}

// Erase returns a payload with each sealed value replaced by its erased value.
//
// Errors: those of [Replace].
func Erase(payload []byte) (json.RawMessage, error) {
	return Replace(payload, func(v Value) (json.RawMessage, error) { return v.Erase(), nil })
}

// Erase returns what the value becomes without its key, as JSON.
func (v Value) Erase() json.RawMessage {
	if v.Erased == nil {
		return json.RawMessage("null")
	}
	return v.Erased
}

// parse reads the sealed value that a text begins with, and returns its size in bytes.
func parse(text []byte) (Value, int, error) {
	joined, rest, err := quoted(text[len(prefix):])
	if err != nil {
		return Value{}, 0, err
	}
	v, err := split(joined)
	if err != nil {
		return Value{}, 0, err
	}
	if member, found := bytes.CutPrefix(rest, []byte(erasedMember)); found {
		d := json.NewDecoder(bytes.NewReader(member))
		if err := d.Decode(&v.Erased); err != nil {
			return Value{}, 0, fmt.Errorf("the erased value of a sealed value: %w", err)
		}
		rest = member[d.InputOffset():]
	}
	if len(rest) == 0 || rest[0] != '}' {
		return Value{}, 0, errors.New(
			`a sealed value has other members than "$sealed" and "erased", in this order, without spaces`)
	}
	return v, len(text) - len(rest) + 1, nil
}

const erasedMember = `,"erased":`

// quoted reads the JSON text that bytes begin with, and returns what follows it.
func quoted(from []byte) (text string, rest []byte, err error) {
	if len(from) > 0 && from[0] == '"' {
		for i := 1; i < len(from); i++ {
			switch from[i] {
			case '\\':
				i++
			case '"':
				if simple := from[1:i]; bytes.IndexByte(simple, '\\') < 0 {
					return string(simple), from[i+1:], nil
				}
				err = json.Unmarshal(from[:i+1], &text)
				return text, from[i+1:], err
			}
		}
	}
	return "", nil, errors.New("a sealed value is no text")
}

// split reads the parts of a sealed value.
func split(joined string) (Value, error) {
	of, rest, _ := strings.Cut(joined, ".")
	if of != version {
		return Value{}, fmt.Errorf("a sealed value has version %q, this code reads version %s", of, version)
	}
	number, rest, _ := strings.Cut(rest, ".")
	box, subject, _ := strings.Cut(rest, ".")
	v := Value{Subject: subject, Box: box}
	var err error
	if v.Number, err = strconv.Atoi(number); err != nil || v.Number < 1 {
		return Value{}, fmt.Errorf("a sealed value has the key number %q, it must be a number from 1", number)
	}
	if subject == "" {
		return Value{}, errors.New("a sealed value names no subject")
	}
	return v, nil
}
