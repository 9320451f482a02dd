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

// Check returns an error about additions that break what the service guarantees: a grant to change or delete stored
// events. The event table's own policy denies it, so the granted action would fail.
func (s *Service) Check() error {
	var faults []error
	for _, construct := range *s.Stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		policy, ok := construct.(awsiam.Policy)
		if !ok {
			continue
		}
		if actions := changesOfEvents(s.Stack.Resolve(policy.Document())); len(actions) > 0 {
			faults = append(faults, fmt.Errorf("%s allows %s on the event table, but stored events never change, and the "+
				"table's own policy denies it: to grant reading, use GrantReadData; to append events, use a command of the service",
				*policy.Node().Path(), strings.Join(actions, ", ")))
		}
	}
	return errors.Join(faults...)
}

// changesOfEvents returns the actions of a policy that would change stored events.
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

// namesEvents reports whether the resources of a statement include, or may include, the event table.
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

// matches reports whether a pattern of a policy, which may have * and ?, matches an action. As in IAM, case does not
// matter.
func matches(pattern, action string) bool {
	matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
	return err == nil && matched
}

// oneOrMore returns the values of a policy's field, which may be one value or a list.
func oneOrMore(field any) []any {
	if list, ok := field.([]any); ok {
		return list
	}
	return []any{field}
}

// validation makes synthesis fail with the error of [Service.Check].
type validation struct{ of *Service }

// Validate returns the error's message.
func (v *validation) Validate() *[]*string {
	if err := v.of.Check(); err != nil {
		return jsii.Strings(err.Error())
	}
	return &[]*string{}
}
