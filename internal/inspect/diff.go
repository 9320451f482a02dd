package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Difference is a JSON value in which two states differ.
type Difference struct {
	// Path is its JSON Pointer (RFC 6901), "" for the whole state.
	Path string `json:"path"`
	// Before and After are the values in the two states. A value is nil if the state has none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Diff returns the values in which two JSON texts differ. It compares objects by key and lists by position. A nil text
// is an absent value.
//
// Errors: one if a text is not JSON.
func Diff(before, after json.RawMessage) ([]Difference, error) {
	a, err1 := decode(before)
	b, err2 := decode(after)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("compare states: %w", err)
	}
	return differences([]Difference{}, "", a, b), nil
}

// absent is the value of a missing member. It is not null.
type absent struct{}

func decode(text json.RawMessage) (any, error) {
	if text == nil {
		return absent{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // keeps all digits of numbers
	var v any
	return v, d.Decode(&v)
}

func differences(all []Difference, path string, a, b any) []Difference {
	if x, ok := a.(map[string]any); ok {
		if y, ok := b.(map[string]any); ok {
			return ofObjects(all, path, x, y)
		}
	}
	if x, ok := a.([]any); ok {
		if y, ok := b.([]any); ok {
			for i := range max(len(x), len(y)) {
				all = differences(all, path+"/"+strconv.Itoa(i), element(x, i), element(y, i))
			}
			return all
		}
	}
	before, after := text(a), text(b)
	if (before == nil) == (after == nil) && bytes.Equal(before, after) {
		return all
	}
	return append(all, Difference{Path: path, Before: before, After: after})
}

func ofObjects(all []Difference, path string, x, y map[string]any) []Difference {
	keys := map[string]bool{}
	for k := range x {
		keys[k] = true
	}
	for k := range y {
		keys[k] = true
	}
	for _, k := range sortedKeys(keys) {
		all = differences(all, path+"/"+escaper.Replace(k), member(x, k), member(y, k))
	}
	return all
}

// escaper escapes a key for a JSON Pointer.
var escaper = strings.NewReplacer("~", "~0", "/", "~1")

func member(m map[string]any, k string) any {
	if v, there := m[k]; there {
		return v
	}
	return absent{}
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return absent{}
}

func text(v any) json.RawMessage {
	if _, none := v.(absent); none {
		return nil
	}
	out, _ := json.Marshal(v) // never fails: v was decoded from JSON
	return out
}
