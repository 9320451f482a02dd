// Package pattern emulates the filters of event source mappings. Start with [Compile]. A pattern is an object whose
// leaves are lists of allowed values:
//
//	{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"status": {"S": [{"prefix": "ship"}]}}}}
//
// Supported are strings, numbers, null, prefix, suffix, equals-ignore-case, anything-but, numeric, exists and $or.
// Compile returns an error for anything else. A number never matches a string, so it does not match DynamoDB's numbers
// ({"N": "7"}).
package pattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Limits of Lambda.
const (
	maxPatterns = 5
	maxLength   = 4096
)

// Filter lets a record pass when one of its patterns matches.
type Filter struct{ patterns []object }

// Compile reads the patterns of a mapping. None at all lets everything pass.
func Compile(texts []string) (*Filter, error) {
	if len(texts) > maxPatterns {
		return nil, fmt.Errorf("%d patterns: Lambda accepts at most %d", len(texts), maxPatterns)
	}
	f := &Filter{}
	for _, text := range texts {
		if len(text) > maxLength {
			return nil, fmt.Errorf("a pattern has %d characters: Lambda accepts at most %d", len(text), maxLength)
		}
		p, err := compileObject([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("pattern %s: %w", text, err)
		}
		for name := range p.fields {
			if name != "eventName" && name != "dynamodb" {
				return nil, fmt.Errorf("pattern %s: stream records can be filtered by eventName and dynamodb, not by %q",
					text, name)
			}
		}
		f.patterns = append(f.patterns, p)
	}
	return f, nil
}

// Match reports whether a record passes. The record is JSON.
func (f *Filter) Match(record []byte) bool {
	if len(f.patterns) == 0 {
		return true
	}
	for _, p := range f.patterns {
		if p.match(record) {
			return true
		}
	}
	return false
}

// object is a pattern for an object: every field has to match, and one alternative of each $or.
type object struct {
	fields map[string]matcher
	ors    [][]object
}

// matcher decides whether a value matches; nil is an absent value.
type matcher interface{ match(value []byte) bool }

func compileObject(text []byte) (object, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return object{}, errors.New("an object is expected")
	}
	if len(raw) == 0 {
		return object{}, errors.New("an empty object")
	}
	o := object{fields: map[string]matcher{}}
	for name, value := range raw {
		if name == "$or" {
			alternatives, err := compileOr(value)
			if err != nil {
				return object{}, err
			}
			o.ors = append(o.ors, alternatives)
			continue
		}
		m, err := compileField(value)
		if err != nil {
			return object{}, fmt.Errorf("%s: %w", name, err)
		}
		o.fields[name] = m
	}
	return o, nil
}

func compileOr(text []byte) ([]object, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil || len(raw) < 2 {
		return nil, errors.New("$or needs a list of at least two patterns")
	}
	alternatives := make([]object, len(raw))
	for i, value := range raw {
		var err error
		if alternatives[i], err = compileObject(value); err != nil {
			return nil, fmt.Errorf("$or: %w", err)
		}
	}
	return alternatives, nil
}

func compileField(text []byte) (matcher, error) {
	if bytes.HasPrefix(text, []byte("[")) {
		return compileLeaf(text)
	}
	return compileObject(text)
}
