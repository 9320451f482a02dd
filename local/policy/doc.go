// Package policy evaluates IAM policies. Start with [Parse] and [Principal.Check]. It supports the part of the policy
// language that templates use. Parse returns an error for anything else: no rule is silently ignored.
//
// The order of evaluation is that of AWS within one account: an explicit deny in either policy wins; otherwise one
// allow is enough. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
package policy

// Policy is the statements of all policy documents of a principal or a resource.
type Policy []Statement

// Request is one action on one resource.
type Request struct {
	Action   string // dynamodb:PutItem
	Resource string // its ARN, or *
	// PassedTo is the service that a role is passed to, for iam:PassRole.
	PassedTo string
}

// Principal is a function that acts under its role.
type Principal struct {
	// Role is the ARN of the role, or "". Session is the function's name.
	Role, Session string
	// Policy is the role's policy.
	Policy Policy
}
