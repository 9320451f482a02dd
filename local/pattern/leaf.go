package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// leaf is a list of conditions, at least one of which has to hold.
type leaf []condition

// condition tests a value that is neither object nor list: a string, *big.Float, bool, nil for null, or absent.
type condition func(value any) bool

type absent struct{}

func (l leaf) match(value []byte) bool {
	var scalar any
	switch kind(value) {
	case '[':
		return anyElement(value, l.match)
	case '{', 0: // a leaf treats an object as absent
		scalar = absent{}
	default:
		scalar = parseScalar(value)
	}
	for _, holds := range l {
		if holds(scalar) {
			return true
		}
	}
	return false
}

func parseScalar(text []byte) any {
	if number, ok := parseNumber(string(text)); ok {
		return number
	}
	var v any
	_ = json.Unmarshal(text, &v) // part of valid JSON, so it cannot fail
	return v
}

func parseNumber(text string) (*big.Float, bool) {
	if text == "" || !strings.ContainsRune("-0123456789", rune(text[0])) {
		return nil, false
	}
	number, _, err := big.ParseFloat(text, 10, 200, big.ToNearestEven)
	return number, err == nil
}

func compileLeaf(text []byte) (leaf, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, errors.New("an empty list")
	}
	l := make(leaf, len(raw))
	for i, value := range raw {
		var err error
		if l[i], err = compileCondition(value); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func compileCondition(text []byte) (condition, error) {
	switch kind(text) {
	case '{':
		return compileOperator(text)
	case '[':
		return nil, errors.New("a list within a list")
	}
	return equals(parseScalar(text)), nil
}

func equals(want any) condition {
	return func(value any) bool { return same(value, want) }
}

func same(a, b any) bool {
	if x, ok := a.(*big.Float); ok {
		y, ok := b.(*big.Float)
		return ok && x.Cmp(y) == 0
	}
	return a == b
}

func compileOperator(text []byte) (condition, error) {
	var operator map[string]json.RawMessage
	if err := json.Unmarshal(text, &operator); err != nil || len(operator) != 1 {
		return nil, fmt.Errorf("%s: one operator is expected", text)
	}
	for name, argument := range operator {
		if compile, ok := operators[name]; ok {
			c, err := compile(argument)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			return c, nil
		}
		return nil, fmt.Errorf("operator %q is not supported locally", name)
	}
	panic("unreachable")
}
