package policy

import (
	"fmt"
	"maps"
	"slices"
)

// Statement is one rule of a policy.
type Statement struct {
	deny      bool
	actions   []string // patterns, in lower case
	resources []string // patterns
	exempt    []string // patterns of the ARNs of roles that it does not apply to
	passedTo  []string // services to which a role may be passed; nil: any
}

// Parse reads a statement without intrinsic functions.
//
// Errors: one that names the part that is not supported: NotAction, NotResource, NotPrincipal; a Principal other than
// *; a Condition other than ArnNotEquals or ArnNotLike on aws:PrincipalArn, or StringEquals on iam:PassedToService.
func Parse(statement map[string]any) (Statement, error) {
	var s Statement
	for _, key := range slices.Sorted(maps.Keys(statement)) {
		value := statement[key]
		var err error
		switch key {
		case "Sid":
		case "Effect":
			if value != "Allow" && value != "Deny" {
				return s, fmt.Errorf("invalid effect %v: use Allow or Deny", value)
			}
			s.deny = value == "Deny"
		case "Action":
			s.actions, err = Texts(value)
		case "Resource":
			s.resources, err = Texts(value)
		case "Principal":
			err = everybody(value)
		case "Condition":
			err = s.condition(value)
		default:
			return s, fmt.Errorf("%s is not supported locally", key)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", key, err)
		}
	}
	if statement["Effect"] == nil || len(s.actions) == 0 || len(s.resources) == 0 {
		return s, fmt.Errorf("the statement has no Effect, Action or Resource")
	}
	s.actions = lower(s.actions)
	return s, nil
}

// Texts reads a field of a policy that is a string or a list of strings.
func Texts(value any) ([]string, error) {
	if one, ok := value.(string); ok {
		return []string{one}, nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is neither a string nor a list of strings", value)
	}
	var texts []string
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			return nil, fmt.Errorf("%v is not a string", element)
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
		return fmt.Errorf("%v is not supported locally: use *", principal)
	}
	return nil
}

// condition reads {"ArnNotEquals": {"aws:PrincipalArn": …}} and {"StringEquals": {"iam:PassedToService": …}}.
// ArnNotEquals and ArnNotLike both compare with patterns.
func (s *Statement) condition(condition any) (err error) {
	operators, _ := condition.(map[string]any)
	for _, one := range []struct {
		operator, key string
		into          *[]string
	}{
		{"ArnNotEquals", "aws:PrincipalArn", &s.exempt},
		{"ArnNotLike", "aws:PrincipalArn", &s.exempt},
		{"StringEquals", "iam:PassedToService", &s.passedTo},
	} {
		keys, _ := operators[one.operator].(map[string]any)
		if value, ok := keys[one.key]; ok && len(keys) == 1 && len(operators) == 1 {
			*one.into, err = Texts(value)
			return err
		}
	}
	return fmt.Errorf("%v is not supported locally: use ArnNotEquals or ArnNotLike with aws:PrincipalArn, or "+
		"StringEquals with iam:PassedToService", condition)
}
