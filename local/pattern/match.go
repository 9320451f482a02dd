package pattern

import (
	"bytes"
	"encoding/json"
)

func (o object) match(value []byte) bool {
	var fields map[string]json.RawMessage
	switch kind(value) {
	case '{':
		if json.Unmarshal(value, &fields) != nil {
			return false
		}
	case '[': // one of its elements has to match
		return anyElement(value, o.match)
	}
	for name, m := range o.fields {
		if !m.match(fields[name]) {
			return false
		}
	}
	for _, alternatives := range o.ors {
		if !anyOf(alternatives, fields) {
			return false
		}
	}
	return true
}

func anyOf(alternatives []object, fields map[string]json.RawMessage) bool {
	value, err := json.Marshal(fields)
	if err != nil {
		return false
	}
	for _, o := range alternatives {
		if o.match(value) {
			return true
		}
	}
	return false
}

func anyElement(list []byte, match func([]byte) bool) bool {
	var elements []json.RawMessage
	if json.Unmarshal(list, &elements) != nil {
		return false
	}
	for _, element := range elements {
		if match(element) {
			return true
		}
	}
	return false
}

// kind is the first character of a value, which shows its type, or 0 if the value is absent.
func kind(value []byte) byte {
	value = bytes.TrimLeft(value, " \t\r\n")
	if len(value) == 0 {
		return 0
	}
	return value[0]
}
