package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

var operators map[string]func(argument []byte) (condition, error)

func init() { // anything-but refers back to it
	operators = map[string]func([]byte) (condition, error){
		"prefix":             textOperator(strings.HasPrefix),
		"suffix":             textOperator(strings.HasSuffix),
		"equals-ignore-case": textOperator(strings.EqualFold),
		"exists":             exists,
		"anything-but":       anythingBut,
		"numeric":            numeric,
	}
}

func textOperator(holds func(value, argument string) bool) func([]byte) (condition, error) {
	return func(argument []byte) (condition, error) {
		var want string
		if err := json.Unmarshal(argument, &want); err != nil || kind(argument) != '"' {
			return nil, errors.New("a string is expected")
		}
		return func(value any) bool {
			text, ok := value.(string)
			return ok && holds(text, want)
		}, nil
	}
}

func exists(argument []byte) (condition, error) {
	var want bool
	if err := json.Unmarshal(argument, &want); err != nil {
		return nil, errors.New("true or false is expected")
	}
	return func(value any) bool {
		_, none := value.(absent)
		return want != none
	}, nil
}

// anythingBut takes a value, a list of values, or a prefix or suffix. An absent value does not match.
func anythingBut(argument []byte) (condition, error) {
	var but leaf
	var err error
	switch kind(argument) {
	case '[':
		but, err = compileLeaf(argument)
	case '{':
		var c condition
		c, err = compileOperator(argument)
		but = leaf{c}
	default:
		but = leaf{equals(parseScalar(argument))}
	}
	if err != nil {
		return nil, err
	}
	return func(value any) bool {
		if _, none := value.(absent); none {
			return false
		}
		for _, holds := range but {
			if holds(value) {
				return false
			}
		}
		return true
	}, nil
}

// numeric takes comparisons, all of which have to hold: [">", 0, "<=", 5].
func numeric(argument []byte) (condition, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(argument, &raw); err != nil || len(raw) == 0 || len(raw)%2 != 0 {
		return nil, errors.New("pairs of a comparison and a number are expected")
	}
	var comparisons []func(*big.Float) bool
	for i := 0; i < len(raw); i += 2 {
		var sign string
		number, ok := parseNumber(string(raw[i+1]))
		if err := json.Unmarshal(raw[i], &sign); err != nil || !ok {
			return nil, errors.New("pairs of a comparison and a number are expected")
		}
		holds, ok := signs[sign]
		if !ok {
			return nil, fmt.Errorf("unknown comparison %q", sign)
		}
		comparisons = append(comparisons, func(value *big.Float) bool { return holds(value.Cmp(number)) })
	}
	return func(value any) bool {
		number, ok := value.(*big.Float)
		if !ok {
			return false
		}
		for _, holds := range comparisons {
			if !holds(number) {
				return false
			}
		}
		return true
	}, nil
}

var signs = map[string]func(order int) bool{
	"=":  func(order int) bool { return order == 0 },
	"<":  func(order int) bool { return order < 0 },
	"<=": func(order int) bool { return order <= 0 },
	">":  func(order int) bool { return order > 0 },
	">=": func(order int) bool { return order >= 0 },
}
