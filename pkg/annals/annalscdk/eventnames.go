package annalscdk

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// eventNames is how a policy can name the event table.
type eventNames struct {
	// id is the table's logical id. table begins its name on DynamoDB; CloudFormation chooses the rest.
	id, table string
	// patterns says that patterns count which the table's ARN matches, such as "*".
	patterns bool
}

// statement is a statement of a policy.
type statement struct {
	Effect                                   string
	Action, NotAction, Resource, NotResource any
}

// changes returns those of the denied actions that a document allows on the event table, as the document writes them.
// The document is a policy, or a list of policies, each with a name.
func (n eventNames) changes(denied []string, document any) []string {
	text, err := json.Marshal(document)
	if err != nil {
		return nil
	}
	var policies []struct{ PolicyDocument json.RawMessage }
	if err := json.Unmarshal(text, &policies); err == nil {
		var all []string
		for _, policy := range policies {
			all = append(all, n.changes(denied, policy.PolicyDocument)...)
		}
		return all
	}
	var policy struct{ Statement json.RawMessage }
	if err := json.Unmarshal(text, &policy); err != nil {
		return nil
	}
	var statements []statement
	if err := json.Unmarshal(policy.Statement, &statements); err != nil {
		statements = make([]statement, 1)
		if err := json.Unmarshal(policy.Statement, &statements[0]); err != nil {
			return nil
		}
	}
	var changes []string
	for _, one := range statements {
		if one.Effect == "Allow" && n.about(one) {
			changes = append(changes, one.allowed(denied)...)
		}
	}
	return changes
}

// allowed returns those of the denied actions that a statement allows, as the statement writes them.
func (s statement) allowed(denied []string) []string {
	var allowed []string
	for _, pattern := range textsOf(s.Action) {
		if slices.ContainsFunc(denied, func(action string) bool { return matches(pattern, action) }) {
			allowed = append(allowed, pattern)
		}
	}
	if s.NotAction == nil {
		return allowed
	}
	return append(allowed, slices.DeleteFunc(slices.Clone(denied), func(action string) bool {
		return slices.ContainsFunc(textsOf(s.NotAction), func(pattern string) bool { return matches(pattern, action) })
	})...)
}

// about reports whether a statement is, or may be, about the event table.
func (n eventNames) about(s statement) bool {
	if s.NotResource != nil {
		return n.patterns && !slices.ContainsFunc(oneOrMore(s.NotResource), n.names)
	}
	return slices.ContainsFunc(oneOrMore(s.Resource), n.names)
}

// names reports whether a resource of a statement is, or may be, the event table. Accounts and regions are not
// compared.
func (n eventNames) names(resource any) bool {
	pattern := n.text(resource)
	arn := strings.SplitN(pattern, ":", 6)
	if len(arn) < 6 {
		return n.patterns && matches(pattern, "arn:aws:dynamodb:region:account:table/"+n.table)
	}
	table := "table/" + n.table
	return strings.HasPrefix(arn[5], table) || n.patterns && matches(arn[2], "dynamodb") && matches(arn[5], table)
}

// unknown stands for a part of an ARN that is known once it is deployed. It is in no ARN.
const unknown = "\x00"

// text returns a value of the template as text.
func (n eventNames) text(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	function, _ := value.(map[string]any)
	if function["Ref"] == n.id {
		return n.table
	}
	if att, ok := function["Fn::GetAtt"].([]any); ok && slices.Equal(att, []any{n.id, "Arn"}) {
		return n.arn()
	}
	if join, ok := function["Fn::Join"].([]any); ok && len(join) == 2 {
		var parts []string
		for _, part := range oneOrMore(join[1]) {
			parts = append(parts, n.text(part))
		}
		separator, _ := join[0].(string)
		return strings.Join(parts, separator)
	}
	if sub, ok := function["Fn::Sub"].(string); ok {
		text := strings.NewReplacer("${"+n.id+".Arn}", n.arn(), "${"+n.id+"}", n.table).Replace(sub)
		return placeholder.ReplaceAllString(text, unknown)
	}
	return unknown
}

func (n eventNames) arn() string {
	return "arn:aws:dynamodb:" + unknown + ":" + unknown + ":table/" + n.table
}

var placeholder = regexp.MustCompile(`\$\{[^}]*\}`)

// matches reports whether a pattern of a policy, which may have * and ?, matches a text. The case of letters is
// ignored.
func matches(pattern, text string) bool {
	quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
	matched, err := regexp.MatchString("(?is)^"+quoted+"$", text)
	return err == nil && matched
}

// textsOf returns the texts of a field of a policy.
func textsOf(field any) []string {
	var all []string
	for _, one := range oneOrMore(field) {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// oneOrMore returns the values of a policy's field, which may be one value or a list.
func oneOrMore(field any) []any {
	if list, ok := field.([]any); ok {
		return list
	}
	return []any{field}
}
