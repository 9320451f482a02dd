package annalscdk

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Check returns an error about additions that contradict what the service promises: a grant to change or delete stored
// events. The event table's own policy denies it, so such a grant would fail when it is used.
func (s *Service) Check() error {
	var faults []error
	for _, construct := range *s.Stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		policy, ok := construct.(awsiam.Policy)
		if !ok {
			continue
		}
		if actions := changesOfEvents(s.Stack.Resolve(policy.Document())); len(actions) > 0 {
			faults = append(faults, fmt.Errorf("%s allows %s on the event table, but stored events never change, and the "+
				"table's own policy denies it: grant reading by GrantReadData, and append events by a command of the service",
				*policy.Node().Path(), strings.Join(actions, ", ")))
		}
	}
	return errors.Join(faults...)
}

// changesOfEvents are the actions of a policy that would change stored events.
func changesOfEvents(document any) []string {
	text, err := json.Marshal(document)
	if err != nil {
		return nil
	}
	var policy struct {
		Statement []struct {
			Effect           string
			Action, Resource any
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		return nil
	}
	var changes []string
	for _, statement := range policy.Statement {
		if statement.Effect != "Allow" || !namesEvents(statement.Resource) {
			continue
		}
		for _, action := range oneOrMore(statement.Action) {
			pattern, _ := action.(string)
			if slices.ContainsFunc(forbidden, func(f string) bool { return matches(pattern, f) }) {
				changes = append(changes, pattern)
			}
		}
	}
	slices.Sort(changes)
	return slices.Compact(changes)
}

// namesEvents tells whether the resources of a statement are, or may be, the event table.
func namesEvents(resources any) bool {
	table := pascal(annalsaws.Events.Name) + "Table"
	for _, resource := range oneOrMore(resources) {
		if of, ok := resource.(map[string]any); ok {
			if att, ok := of["Fn::GetAtt"].([]any); ok && len(att) == 2 && att[0] == table && att[1] == "Arn" {
				return true
			}
		}
		if resource == "*" {
			return true
		}
	}
	return false
}

// matches tells whether an action of a policy, which may have * and ?, is an action. IAM ignores the case of letters.
func matches(pattern, action string) bool {
	matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
	return err == nil && matched
}

// oneOrMore is a field of a policy that may be one value or a list.
func oneOrMore(field any) []any {
	if list, ok := field.([]any); ok {
		return list
	}
	return []any{field}
}

// validation has synthesis fail with what [Service.Check] says.
type validation struct{ of *Service }

// Validate returns what is wrong.
func (v *validation) Validate() *[]*string {
	if err := v.of.Check(); err != nil {
		return jsii.Strings(err.Error())
	}
	return &[]*string{}
}
