package policy

import "strings"

// DeniedError means that a principal may not do an action. The message has AWS's words.
type DeniedError struct{ User, Action, Resource, Why string }

func (e *DeniedError) Error() string {
	return "User: " + e.User + " is not authorized to perform: " + e.Action + " on resource: " + e.Resource + " " + e.Why
}

// Check decides whether the principal may make a request, by its own policy and the resource's, which may be empty.
//
// Errors: [*DeniedError].
func (p Principal) Check(r Request, resource Policy) error {
	denied := func(why string) error { return &DeniedError{p.arn(), r.Action, r.Resource, why} }
	ownDenies, ownAllows := p.Policy.decide(p.Role, r)
	itsDenies, itsAllows := resource.decide(p.Role, r)
	switch {
	case ownDenies:
		return denied("with an explicit deny in an identity-based policy")
	case itsDenies:
		return denied("with an explicit deny in a resource-based policy")
	case ownAllows || itsAllows:
		return nil
	}
	return denied("because no identity-based policy allows the " + r.Action + " action")
}

func (policy Policy) decide(role string, r Request) (denies, allows bool) {
	for _, s := range policy {
		if s.covers(role, r) {
			denies, allows = denies || s.deny, allows || !s.deny
		}
	}
	return denies, allows
}

// arn is the ARN of the role's session.
func (p Principal) arn() string {
	session := strings.Replace(p.Role, ":iam:", ":sts:", 1)
	return strings.Replace(session, ":role/", ":assumed-role/", 1) + "/" + p.Session
}
