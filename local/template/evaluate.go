package template

import (
	"errors"
	"fmt"
	"strings"
)

// noValue is the value of {"Ref": "AWS::NoValue"}: an absent property.
type noValue struct{}

// maxDepth is the nesting at which evaluation fails, because values refer to each other.
const maxDepth = 64

// evaluate replaces every intrinsic function in a value by its result.
func (s *stack) evaluate(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("values refer to each other, or are nested too deeply")
	}
	switch v := v.(type) {
	case map[string]any:
		if name, argument, ok := intrinsic(v); ok {
			return s.call(name, argument, depth+1)
		}
		return s.evaluateMap(v, depth+1)
	case []any:
		return s.evaluateList(v, depth+1)
	}
	return v, nil
}

func (s *stack) evaluateMap(v map[string]any, depth int) (any, error) {
	out := make(map[string]any, len(v))
	for key, inner := range v {
		value, err := s.evaluate(inner, depth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		if _, none := value.(noValue); !none {
			out[key] = value
		}
	}
	return out, nil
}

func (s *stack) evaluateList(v []any, depth int) (any, error) {
	out := make([]any, 0, len(v))
	for i, inner := range v {
		value, err := s.evaluate(inner, depth)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		if _, none := value.(noValue); !none {
			out = append(out, value)
		}
	}
	return out, nil
}

func intrinsic(v map[string]any) (name string, argument any, ok bool) {
	if len(v) != 1 {
		return "", nil, false
	}
	for name, argument = range v {
	}
	return name, argument, name == "Ref" || strings.HasPrefix(name, "Fn::")
}

func (s *stack) call(name string, argument any, depth int) (any, error) {
	switch name {
	case "Ref":
		if id, ok := argument.(string); ok {
			return s.ref(id, depth)
		}
	case "Fn::GetAtt":
		if id, attribute, ok := getAttArguments(argument); ok {
			return s.getAtt(id, attribute, depth)
		}
	case "Fn::Join":
		return s.join(argument, depth)
	case "Fn::Sub":
		return s.sub(argument, depth)
	default:
		return nil, fmt.Errorf("%s is not supported locally: use Ref, Fn::GetAtt, Fn::Join or Fn::Sub", name)
	}
	return nil, fmt.Errorf("%s has the invalid argument %v", name, argument)
}

// getAttArguments reads both forms: ["Id", "Attribute"] and "Id.Attribute".
func getAttArguments(argument any) (id, attribute string, ok bool) {
	switch a := argument.(type) {
	case string:
		return strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			id, idOK := a[0].(string)
			attribute, attributeOK := a[1].(string)
			return id, attribute, idOK && attributeOK
		}
	}
	return "", "", false
}
