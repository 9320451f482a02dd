package policy

import (
	"slices"
	"strings"
)

// covers reports whether a statement applies to a role's request.
func (s Statement) covers(role string, r Request) bool {
	return matchAny(s.actions, strings.ToLower(r.Action)) && matchAny(s.resources, r.Resource) &&
		!matchAny(s.exempt, role) && (s.passedTo == nil || slices.Contains(s.passedTo, r.PassedTo))
}

func matchAny(patterns []string, text string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, text) })
}

// match compares a string with a pattern, in which * stands for any characters and ? for one.
func match(pattern, text string) bool {
	p, t := 0, 0
	star, after := -1, 0 // the last *, and the position in the text after what it matches
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, after = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			after++
			p, t = star+1, after
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Concerns reports whether an action pattern of a statement can match an action of a service, such as dynamodb.
func Concerns(action, service string) bool {
	prefix, _, named := strings.Cut(strings.ToLower(action), ":")
	return !named || match(prefix, service)
}
