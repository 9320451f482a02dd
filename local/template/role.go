package template

import (
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/local/policy"
)

// Types that say what functions may do.
const typeRole = "AWS::IAM::Role"

// outside are types that add to what a role allows.
var outside = []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}

// judged are the services that functions reach here, and whose requests their roles decide on.
var judged = []string{"dynamodb", "sqs", "s3", "events", "execute-api", "lambda"}

// principal reads what a function acts as. Without a role, it may do nothing.
//
// Errors: what adds to a role, or takes from it, and is not in its inline policies.
func (s *stack) principal(role, session string) (policy.Principal, error) {
	p := policy.Principal{Role: role, Session: session}
	if role == "" {
		return p, nil
	}
	r, err := s.role(role)
	if err != nil {
		return p, err
	}
	for _, property := range []string{"ManagedPolicyArns", "PermissionsBoundary"} {
		if r.Properties[property] != nil {
			return p, fmt.Errorf("its role %s has %s, which is not evaluated here: put its statements into Policies", r.id, property)
		}
	}
	if err := s.noneOutside(r); err != nil {
		return p, err
	}
	inline, _ := r.Properties["Policies"].([]any)
	for _, one := range inline {
		named, _ := one.(map[string]any)
		for _, statement := range statementsOf(named["PolicyDocument"]) {
			if p.Policy, err = s.addStatement(p.Policy, statement); err != nil {
				return p, fmt.Errorf("its role %s: %w", r.id, err)
			}
		}
	}
	return p, nil
}

func (s *stack) role(arn string) (*resource, error) {
	for _, r := range s.of(typeRole) {
		if name, err := s.physicalName(r, 0); err == nil && roleARN(name) == arn {
			return r, nil
		}
	}
	return nil, fmt.Errorf("its role %q is not in this template", arn)
}

// noneOutside refuses policies that name a role. (CDK writes them for roles that are open to its grants.)
func (s *stack) noneOutside(role *resource) error {
	for _, r := range s.of(outside...) {
		for _, property := range []string{"Roles", "RoleName"} {
			value, err := s.evaluate(r.Properties[property], 0)
			if err != nil {
				return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
			}
			names, _ := policy.Texts(value)
			if name, _ := s.physicalName(role, 0); slices.Contains(names, name) {
				return fmt.Errorf("its role %s has more policies than its own, %s (%s), which is not evaluated here", role.id, r.id, r.Type)
			}
		}
	}
	return nil
}

// addStatement evaluates a statement, unless it is about services that are not here.
func (s *stack) addStatement(to policy.Policy, statement map[string]any) (policy.Policy, error) {
	if actions, err := policy.Texts(statement["Action"]); err == nil && !slices.ContainsFunc(actions, isJudged) {
		return to, nil
	}
	evaluated, err := s.evaluate(statement, 0)
	if err != nil {
		return to, err
	}
	plain, ok := evaluated.(map[string]any)
	if !ok {
		return to, errors.New("a statement that is none")
	}
	one, err := policy.Parse(plain)
	return append(to, one), err
}

func isJudged(action string) bool {
	return slices.ContainsFunc(judged, func(service string) bool { return policy.Concerns(action, service) })
}

// statementsOf are those of a policy document: one, or a list.
func statementsOf(document any) []map[string]any {
	d, _ := document.(map[string]any)
	if one, ok := d["Statement"].(map[string]any); ok {
		return []map[string]any{one}
	}
	list, _ := d["Statement"].([]any)
	var all []map[string]any
	for _, one := range list {
		statement, _ := one.(map[string]any)
		all = append(all, statement)
	}
	return all
}
