package annalscdk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Check returns an error about additions that contradict what the service promises: a grant to change, overwrite or
// delete stored events. It reads all policies, roles, users and groups of the app that are resources of CloudFormation.
// In another stack of the app a resource counts as the event table if it names the table itself, in the service's own
// stack also if it is a pattern that the table's ARN matches.
//
// It does not see what the template does not say: managed policies that are named by their ARN, such as AWS's own, and
// statements that are added to a role outside CDK.
func (s *Service) Check() error {
	own := s.appenders()
	var faults []error
	for _, construct := range *s.Stack.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		documents := policiesOf(construct)
		if len(documents) == 0 {
			continue
		}
		at := *construct.Node().Path()
		denied := append([]string{overwrite}, forbidden...)
		if slices.Contains(own, at) {
			denied = forbidden
		}
		names, ok := s.eventNames(construct)
		if !ok {
			continue
		}
		var actions []string
		for _, document := range documents {
			if document == nil {
				continue
			}
			actions = append(actions, names.changes(denied, s.Stack.Resolve(document))...)
		}
		slices.Sort(actions)
		if actions = slices.Compact(actions); len(actions) > 0 {
			faults = append(faults, fmt.Errorf("%s allows %s on the event table, but stored events never change: grant reading "+
				"by GrantReadData, and append events by a command of the service",
				strings.TrimSuffix(at, "/Resource"), strings.Join(actions, ", ")))
		}
	}
	return errors.Join(faults...)
}

// overwrite appends events, and on no condition it replaces stored ones. The event table's policy can't deny it.
const overwrite = "dynamodb:PutItem"

// appenders are the paths of the roles that append events. The rebuilder appends those that record how people are
// forgotten.
func (s *Service) appenders() []string {
	var all []string
	for _, f := range s.plan.those(func(f function) bool { return f.decides || f.reacts || f.forgets }) {
		all = append(all, *s.Functions[f.name].Role.Node().DefaultChild().Node().Path())
	}
	return all
}

// policiesOf returns the policy documents of a resource of IAM. Any other construct has none.
func policiesOf(construct constructs.IConstruct) []any {
	switch resource := construct.(type) {
	case awsiam.CfnRole:
		return []any{resource.Policies()}
	case awsiam.CfnUser:
		return []any{resource.Policies()}
	case awsiam.CfnGroup:
		return []any{resource.Policies()}
	case awsiam.CfnManagedPolicy:
		return []any{resource.PolicyDocument()}
	case awsiam.CfnPolicy:
		return []any{resource.PolicyDocument()}
	case awsiam.CfnRolePolicy:
		return []any{resource.PolicyDocument()}
	case awsiam.CfnUserPolicy:
		return []any{resource.PolicyDocument()}
	case awsiam.CfnGroupPolicy:
		return []any{resource.PolicyDocument()}
	}
	return nil
}

// eventNames returns how a construct can name the event table. It returns false if it can't: the construct's stack has
// an event table of its own, which the same names mean.
func (s *Service) eventNames(construct constructs.IConstruct) (eventNames, bool) {
	names := eventNames{id: pascal(annalsaws.Events.Name) + "Table", patterns: true}
	names.table = s.name() + "-" + names.id + "-"
	if strings.HasPrefix(*construct.Node().Path()+"/", *s.Stack.Node().Path()+"/") {
		return names, true
	}
	names.patterns = false
	return names, awscdk.Stack_Of(construct).Node().TryFindChild(&names.id) == nil
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
