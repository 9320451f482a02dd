package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Trust is the part of a role's trust policy that lets an AWS service assume the role. Each element is a statement,
// with the patterns that it asks of the request, by key. The zero value lets the service do nothing.
type Trust []map[string][]string

// ParseTrust reads which requests of a service may assume a role, from the statements of its trust policy. Statements
// about other principals are skipped.
//
// Errors: one that names the part of a statement about the service that is not supported.
func ParseTrust(statements []map[string]any, service string) (Trust, error) {
	var all Trust
	for _, s := range statements {
		principal, _ := s["Principal"].(map[string]any)
		services, _ := Texts(principal["Service"]) // none, if the statement is about other principals
		actions, _ := Texts(s["Action"])
		if !slices.Contains(services, service) || !matchAny(lower(actions), "sts:assumerole") {
			continue
		}
		if s["Effect"] != "Allow" {
			return nil, fmt.Errorf("a statement about %s with the effect %v is not supported locally", service, s["Effect"])
		}
		conditions, err := conditionsOf(s["Condition"])
		if err != nil {
			return nil, err
		}
		all = append(all, conditions)
	}
	return all, nil
}

// conditionsOf reads conditions on where the request comes from.
func conditionsOf(condition any) (map[string][]string, error) {
	all := map[string][]string{}
	if condition == nil {
		return all, nil
	}
	operators, ok := condition.(map[string]any)
	if !ok {
		return nil, errors.New("the condition is not an object")
	}
	for operator, operands := range operators {
		keys, _ := operands.(map[string]any)
		for key, value := range keys {
			known := strings.EqualFold(key, "aws:SourceAccount") || strings.EqualFold(key, "aws:SourceArn")
			if !known || !slices.Contains([]string{"StringEquals", "StringLike", "ArnEquals", "ArnLike"}, operator) {
				return nil, fmt.Errorf("the condition %s of %s is not supported locally: use StringEquals, StringLike, "+
					"ArnEquals or ArnLike of aws:SourceAccount or aws:SourceArn", operator, key)
			}
			patterns, err := Texts(value)
			if err != nil {
				return nil, fmt.Errorf("the condition %s of %s: %w", operator, key, err)
			}
			all[strings.ToLower(key)] = patterns
		}
	}
	return all, nil
}

// Allows reports whether a request from a resource of an account may assume the role.
func (t Trust) Allows(account, resource string) bool {
	return slices.ContainsFunc(t, func(conditions map[string][]string) bool {
		for key, patterns := range conditions {
			value := resource
			if key == "aws:sourceaccount" {
				value = account
			}
			if !matchAny(patterns, value) {
				return false
			}
		}
		return true
	})
}

func lower(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = strings.ToLower(text)
	}
	return all
}
