package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/annals-es/annals/local/policy"
)

// Types of resources that grant permissions to functions.
const (
	typeRole          = "AWS::IAM::Role"
	typePolicy        = "AWS::IAM::Policy"
	typeRolePolicy    = "AWS::IAM::RolePolicy"
	typeManagedPolicy = "AWS::IAM::ManagedPolicy"
)

// attached are types that add permissions to a role. CDK's grant methods use the first.
var attached = []string{typePolicy, typeRolePolicy, typeManagedPolicy}

// judged are the services that run locally and check permissions.
var judged = []string{"dynamodb", "sqs", "s3", "events", "execute-api", "lambda", "states", "scheduler", "iam"}

// needless are AWS's managed policies without an effect on a local run: for logs, traces, networks and event source
// mappings.
var needless = []string{
	"AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess", "AWSXrayWriteOnlyAccess",
	"AWSLambdaDynamoDBExecutionRole", "AWSLambdaSQSQueueExecutionRole", "CloudWatchLambdaInsightsExecutionRolePolicy",
	"CloudWatchLambdaApplicationSignalsExecutionRolePolicy",
}

// principal reads a function's permissions: the policies in its role, and those of the template that are attached to
// the role. Without a role, it may do nothing. A statement that is not supported has no effect and is added to NotRun.
//
// Errors: a role that is not in the template.
func (s *stack) principal(role, session string) (policy.Principal, error) {
	p := policy.Principal{Role: role, Session: session}
	if role == "" {
		return p, nil
	}
	r, err := s.role(role)
	if err != nil {
		return p, err
	}
	if r.Properties["PermissionsBoundary"] != nil {
		s.notEvaluated(r, errors.New("PermissionsBoundary is not supported locally"))
	}
	inline, _ := r.Properties["Policies"].([]any)
	for _, one := range inline {
		named, _ := one.(map[string]any)
		p.Policy = append(p.Policy, s.statements(r, named["PolicyDocument"])...)
	}
	managed, err := s.managedBy(r)
	if err != nil {
		return p, err
	}
	for _, one := range s.of(attached...) {
		to, err := s.attachedTo(one, r, managed)
		if err != nil {
			return p, fmt.Errorf("%s (%s): %w", one.id, one.Type, err)
		}
		if to {
			p.Policy = append(p.Policy, s.statements(one, one.Properties["PolicyDocument"])...)
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

// managedBy returns the ARNs of the managed policies in this template that a role names. Others are added to NotRun,
// except the needless ones.
func (s *stack) managedBy(role *resource) ([]string, error) {
	if role.Properties["ManagedPolicyArns"] == nil {
		return nil, nil
	}
	value, err := s.evaluate(role.Properties["ManagedPolicyArns"], 0)
	if err != nil {
		return nil, fmt.Errorf("its role %s: ManagedPolicyArns: %w", role.id, err)
	}
	named, err := policy.Texts(value)
	if err != nil {
		return nil, fmt.Errorf("its role %s: ManagedPolicyArns: %w", role.id, err)
	}
	var here []string
	for _, arn := range named {
		ours := slices.ContainsFunc(s.of(typeManagedPolicy), func(r *resource) bool {
			name, err := s.physicalName(r, 0)
			return err == nil && managedPolicyARN(name) == arn
		})
		if ours {
			here = append(here, arn)
		} else if !slices.Contains(needless, arn[strings.LastIndexByte(arn, '/')+1:]) {
			s.notEvaluated(role, fmt.Errorf("the managed policy %s is not supported locally", arn))
		}
	}
	return here, nil
}

// attachedTo reports whether a policy is attached to a role, by a property of the policy or of the role.
func (s *stack) attachedTo(r, role *resource, managed []string) (bool, error) {
	name, err := s.physicalName(role, 0)
	if err != nil {
		return false, err
	}
	for _, property := range []string{"Roles", "RoleName"} {
		value, err := s.evaluate(r.Properties[property], 0)
		if err != nil {
			return false, fmt.Errorf("%s: %w", property, err)
		}
		if names, _ := policy.Texts(value); slices.Contains(names, name) { // none, if the policy is not for roles
			return true, nil
		}
	}
	own, err := s.physicalName(r, 0)
	return err == nil && r.Type == typeManagedPolicy && slices.Contains(managed, managedPolicyARN(own)), nil
}

// statements returns the statements of a policy document that are supported. The others are added to NotRun.
func (s *stack) statements(of *resource, document any) policy.Policy {
	var all policy.Policy
	for _, statement := range statementsOf(document) {
		one, concerns, err := s.statement(statement)
		switch {
		case err != nil:
			s.notEvaluated(of, err)
		case concerns:
			all = append(all, one)
		}
	}
	return all
}

// notEvaluated adds a statement without a local effect to NotRun.
func (s *stack) notEvaluated(r *resource, why error) {
	s.notRun = append(s.notRun, fmt.Sprintf("a permission of %s (%s: %v)", r.id, r.Type, why))
}

// statement evaluates a statement, unless it is about services that do not run locally.
func (s *stack) statement(written map[string]any) (one policy.Statement, concerns bool, err error) {
	if actions, err := policy.Texts(written["Action"]); err == nil && !slices.ContainsFunc(actions, isJudged) {
		return one, false, nil
	}
	evaluated, err := s.evaluate(written, 0)
	if err != nil {
		return one, false, err
	}
	plain, ok := evaluated.(map[string]any)
	if !ok {
		return one, false, errors.New("the statement is not an object")
	}
	one, err = policy.Parse(plain)
	return one, true, err
}

func isJudged(action string) bool {
	return slices.ContainsFunc(judged, func(service string) bool { return policy.Concerns(action, service) })
}

// statementsOf returns the statements of a policy document: one, or a list.
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
