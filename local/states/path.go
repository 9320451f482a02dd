package states

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

var pathPattern = regexp.MustCompile(`^\$\$?(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

// path is a reference to a part of the input ("$.a.b") or of the context ("$$.Map.Item.Value").
type path struct {
	context bool
	fields  []string
}

func parsePath(text string) (path, error) {
	if !pathPattern.MatchString(text) {
		return path{}, fmt.Errorf("the path %q is not supported locally: use $.name.name", text)
	}
	root, rest, deeper := strings.Cut(text, ".")
	p := path{context: root == "$$"}
	if deeper {
		p.fields = strings.Split(rest, ".")
	}
	return p, nil
}

// scope is the documents that paths refer to.
type scope struct{ input, context any }

// find returns the value that a path refers to.
func (s scope) find(text string) (any, error) {
	p, err := parsePath(text)
	if err != nil {
		return nil, runtimeError("States.Runtime", err.Error())
	}
	at := s.input
	if p.context {
		at = s.context
	}
	for _, field := range p.fields {
		object, _ := at.(map[string]any)
		next, there := object[field]
		if !there {
			return nil, runtimeError("States.ParameterPathFailure", fmt.Sprintf("the path %s leads to nothing", text))
		}
		at = next
	}
	return at, nil
}

// fill returns a template's value. In the template, members whose names end in .$ hold paths.
func (s scope) fill(template any) (any, error) {
	switch t := template.(type) {
	case map[string]any:
		out := make(map[string]any, len(t))
		for name, value := range t {
			var err error
			if key, isPath := strings.CutSuffix(name, ".$"); isPath {
				text, _ := value.(string)
				out[key], err = s.find(text)
			} else {
				out[name], err = s.fill(value)
			}
			if err != nil {
				return nil, err
			}
		}
		return out, nil
	case []any:
		out := make([]any, len(t))
		for i := range t {
			var err error
			if out[i], err = s.fill(t[i]); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return template, nil
}

// put returns a copy of a document with a value at a path.
func put(document any, text string, value any) (any, error) {
	p, err := parsePath(text)
	if err != nil {
		return nil, runtimeError("States.Runtime", err.Error())
	}
	return putAt(document, p.fields, value), nil
}

func putAt(document any, fields []string, value any) any {
	if len(fields) == 0 {
		return value
	}
	object, _ := document.(map[string]any)
	out := maps.Clone(object)
	if out == nil {
		out = map[string]any{}
	}
	out[fields[0]] = putAt(out[fields[0]], fields[1:], value)
	return out
}

// decode reads JSON, and keeps its numbers unchanged.
func decode(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var out any
	err := decoder.Decode(&out)
	return out, err
}
