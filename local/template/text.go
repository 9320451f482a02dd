package template

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

func (s *stack) join(argument any, depth int) (any, error) {
	evaluated, err := s.evaluate(argument, depth)
	if err != nil {
		return nil, err
	}
	arguments, _ := evaluated.([]any)
	if len(arguments) != 2 {
		return nil, errors.New("Fn::Join needs a separator and a list")
	}
	separator, isText := arguments[0].(string)
	list, isList := arguments[1].([]any)
	if !isText || !isList {
		return nil, errors.New("Fn::Join needs a separator and a list")
	}
	parts := make([]string, len(list))
	for i, part := range list {
		if parts[i], err = text(part); err != nil {
			return nil, fmt.Errorf("Fn::Join: %w", err)
		}
	}
	return strings.Join(parts, separator), nil
}

var placeholder = regexp.MustCompile(`\$\{([^}]*)\}`)

func (s *stack) sub(argument any, depth int) (any, error) {
	template, ok := argument.(string)
	variables := map[string]any{}
	if list, isList := argument.([]any); isList && len(list) == 2 {
		var isMap bool
		template, ok = list[0].(string)
		variables, isMap = list[1].(map[string]any)
		ok = ok && isMap
	}
	if !ok {
		return nil, errors.New("Fn::Sub needs a string, or a string and its variables")
	}
	var failed error
	result := placeholder.ReplaceAllStringFunc(template, func(found string) string {
		value, err := s.substitute(found[2:len(found)-1], variables, depth)
		if err != nil && failed == nil {
			failed = fmt.Errorf("Fn::Sub: %w", err)
		}
		return value
	})
	return result, failed
}

func (s *stack) substitute(name string, variables map[string]any, depth int) (string, error) {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", nil
	}
	var value any
	var err error
	if variable, ok := variables[name]; ok {
		value, err = s.evaluate(variable, depth)
	} else if id, attribute, ok := strings.Cut(name, "."); ok {
		value, err = s.getAtt(id, attribute, depth)
	} else {
		value, err = s.ref(name, depth)
	}
	if err != nil {
		return "", err
	}
	return text(value)
}

func text(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case fmt.Stringer: // json.Number
		return v.String(), nil
	case bool:
		return fmt.Sprint(v), nil
	}
	return "", fmt.Errorf("%v is not a string", v)
}
