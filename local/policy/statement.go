package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Statement is one rule of a policy.
type Statement struct {
	deny      bool
	actions   []string // patterns, in lower case
	resources []string // patterns
	exempt    []string // patterns of the ARNs of roles that it is not about
}

// Parse reads a statement whose values are plain.
//
// Errors: one that names what is not evaluated here: NotAction, NotResource, NotPrincipal; a Principal other than everybody;
// a Condition other than ArnNotEquals or ArnNotLike on aws:PrincipalArn.
func Parse(statement map[string]any) (Statement, error) {
	var s Statement
	for _, key := range slices.Sorted(maps.Keys(statement)) {
		value := statement[key]
		var err error
		switch key {
		case "Sid":
		case "Effect":
			if value != "Allow" && value != "Deny" {
				return s, fmt.Errorf("effect %v: Allow and Deny are possible", value)
			}
			s.deny = value == "Deny"
		case "Action":
			s.actions, err = Texts(value)
		case "Resource":
			s.resources, err = Texts(value)
		case "Principal":
			err = everybody(value)
		case "Condition":
			s.exempt, err = exempt(value)
		default:
			return s, fmt.Errorf("%s is not evaluated here", key)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", key, err)
		}
	}
	if statement["Effect"] == nil || len(s.actions) == 0 || len(s.resources) == 0 {
		return s, fmt.Errorf("a statement without Effect, Action or Resource")
	}
	for i, action := range s.actions {
		s.actions[i] = strings.ToLower(action)
	}
	return s, nil
}

// Texts is a field of a policy, which is one text or a list of them.
func Texts(value any) ([]string, error) {
	if one, ok := value.(string); ok {
		return []string{one}, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is neither a text nor a list of texts", value)
	}
	var texts []string
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no text", element)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func everybody(principal any) error {
	if byKind, ok := principal.(map[string]any); ok && len(byKind) == 1 {
		principal = byKind["AWS"]
	}
	if principal != "*" {
		return fmt.Errorf("%v is not evaluated here: * is", principal)
	}
	return nil
}

// exempt reads {"ArnNotEquals": {"aws:PrincipalArn": …}}. Both operators compare with patterns.
func exempt(condition any) ([]string, error) {
	operators, _ := condition.(map[string]any)
	for _, operator := range []string{"ArnNotEquals", "ArnNotLike"} {
		keys, _ := operators[operator].(map[string]any)
		if value, ok := keys["aws:PrincipalArn"]; ok && len(keys) == 1 && len(operators) == 1 {
			return Texts(value)
		}
	}
	return nil, fmt.Errorf("%v is not evaluated here: ArnNotEquals and ArnNotLike of aws:PrincipalArn are", condition)
}
