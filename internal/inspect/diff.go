package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Difference is one place where two states differ.
type Difference struct {
	// Path is a JSON Pointer (RFC 6901), "" for the whole.
	Path string `json:"path"`
	// Before and After are what is there, nil where nothing is.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Diff returns the places where two JSON texts differ: objects by their keys, lists by position. nil = nothing is there.
//
// Errors: one of them is no JSON.
func Diff(before, after json.RawMessage) ([]Difference, error) {
	a, err1 := decode(before)
	b, err2 := decode(after)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("compare states: %w", err)
	}
	return differences([]Difference{}, "", a, b), nil
}

// absent stands for what is not there, unlike null.
type absent struct{}

func decode(text json.RawMessage) (any, error) {
	if text == nil {
		return absent{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // amounts keep their digits
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

// escaper writes a key as a JSON Pointer has it.
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
	out, _ := json.Marshal(v) // it was JSON: never fails
	return out
}
