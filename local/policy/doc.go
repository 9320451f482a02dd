// Package policy evaluates IAM policies: as much of their language as the template uses, and no more. What it does not know
// is an error where a policy is read, never a rule that is left out.
//
// The order of evaluation is AWS's, within one account: an explicit deny of either policy wins, then one that allows is
// enough. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
package policy

// Policy is the statements of all documents that concern somebody, or something.
type Policy []Statement

// Request is one thing that somebody wants to do.
type Request struct {
	Action   string // dynamodb:PutItem
	Resource string // its ARN, or *
}

// Principal is who acts: a function under its role.
type Principal struct {
	// Role is the ARN of the role, "" = none. Session is the function's name.
	Role, Session string
	// Policy is what the role allows.
	Policy Policy
}
