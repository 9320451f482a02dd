package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// remaining has the queries for all kinds of resources that a stack may leave behind. Log groups are not among them: if
// a function still runs while its stack is destroyed, the emulator creates its log group again.
var remaining = []struct {
	kind, service, operation, query string
	with                            object
}{
	{kind: "table", service: "dynamodb", operation: "list_tables", query: "TableNames"},
	{
		kind:      "user pool",
		service:   "cognito-idp",
		operation: "list_user_pools",
		query:     "UserPools[].Id",
		with:      object{"MaxResults": 60},
	},
	{kind: "bucket", service: "s3", operation: "list_buckets", query: "Buckets[?!starts_with(Name, 'cdk-')].Name"},
	{kind: "function", service: "lambda", operation: "list_functions", query: "Functions[].FunctionName"},
	{kind: "mapping", service: "lambda", operation: "list_event_source_mappings", query: "EventSourceMappings[].UUID"},
	{kind: "role", service: "iam", operation: "list_roles", query: "Roles[?!starts_with(RoleName, 'cdk-')].RoleName"},
	{kind: "queue", service: "sqs", operation: "list_queues", query: "QueueUrls"},
	{kind: "API", service: "apigatewayv2", operation: "get_apis", query: "Items[].Name"},
	{kind: "secret", service: "secretsmanager", operation: "list_secrets", query: "SecretList[].Name"},
	{kind: "schedule", service: "scheduler", operation: "list_schedules", query: "Schedules[].Name"},
	{kind: "state machine", service: "stepfunctions", operation: "list_state_machines", query: "stateMachines[].name"},
	{kind: "bus", service: "events", operation: "list_event_buses", query: "EventBuses[?Name!='default'].Name"},
	{kind: "topic", service: "sns", operation: "list_topics", query: "Topics[].TopicArn"},
	{kind: "alarm", service: "cloudwatch", operation: "describe_alarms", query: "MetricAlarms[].AlarmName"},
}

// remains lists the resources of the account, such as "table Shop-EventsTable-…", without those of the CDK's own stack.
func (r *run) remains(ctx context.Context) ([]string, error) {
	var found []string
	for _, of := range remaining {
		var names []string
		if err := r.aws(ctx, &names, of.service, of.operation, of.with, of.query); err != nil {
			return nil, err
		}
		for _, name := range names {
			found = append(found, of.kind+" "+name)
		}
	}
	sort.Strings(found)
	return found, nil
}

// destroy destroys both stages. Then it deletes what remains with the page's commands, and checks that nothing is left.
func (r *run) destroy(ctx context.Context) error {
	if _, err := r.documented(ctx, "Taking it down", nil); err != nil {
		return err
	}
	if _, err := r.shell(ctx, "npx aws-cdk@2.1148.1 destroy -c stage=prod"); err != nil {
		return err
	}
	return r.clear(ctx)
}

// clear deletes what destroyed stacks left behind, with the page's commands.
func (r *run) clear(ctx context.Context) error {
	found, err := r.remains(ctx)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("no resource remains, but the event table must")
	}
	for _, one := range found {
		commands, err := r.page.deletion(one)
		if err != nil {
			return err
		}
		if _, err := r.shell(ctx, commands); err != nil {
			return err
		}
	}
	if found, err = r.remains(ctx); err == nil && len(found) > 0 {
		err = fmt.Errorf("after the commands of docs/deploy.md, these resources remain: %q", found)
	}
	return err
}

// upgrade deploys an earlier commit, uses it, and then deploys this one, without additions. No table may be replaced,
// functions that read events must be updated before those that write them, and stored orders must still be shown.
func (r *run) upgrade(ctx context.Context) error {
	if _, err := r.shell(ctx, "git rev-parse --quiet --verify "+r.since+"^{commit}"); err != nil {
		if shallow, _ := r.shell(ctx, "git rev-parse --is-shallow-repository"); strings.TrimSpace(shallow) != "true" {
			return fmt.Errorf("commit %s, to upgrade from, does not exist: name another with SINCE=", r.since)
		}
		return r.notUpgraded("this shallow clone does not have commit " + r.since + ": run git fetch --deepen 1")
	}
	r.environment = append(r.environment, "CDK_APP="+r.app(r.root, ""))
	tree := filepath.Join(r.dir, "before")
	if _, err := r.shell(ctx, "git worktree add --quiet --detach "+tree+" "+r.since); err != nil {
		return err
	}
	defer func() { _, _ = r.shell(context.WithoutCancel(ctx), "git worktree remove --force "+tree) }()
	if _, err := os.Stat(filepath.Join(tree, "infra", "testdata", stack+".template.json")); err != nil {
		return r.notUpgraded("the stack of commit " + r.since + " is not named " + stack)
	}
	if _, err := r.exec(ctx, []string{"CDK_APP=" + r.app(tree, " -another-build")}, "npx", "aws-cdk@2.1148.1",
		"deploy"); err != nil {
		return err
	}
	if err := errors.Join(r.look(ctx), r.signIn(ctx)); err != nil {
		return err
	}
	before := r.tables()
	if _, err := r.command(ctx, 201, "POST", "/products", object{
		"productId": "tea", "name": "Green tea", "unitPrice": usd("9.50"),
	}); err != nil {
		return err
	}
	token, err := r.order(ctx, "kept")
	if err != nil {
		return err
	}
	if err := r.shows(ctx, "/orders/kept", token, "draft"); err != nil {
		return err
	}
	// The page shows the differences in two ways, and deploys.
	if _, err := r.documented(ctx, "The next version", nil); err != nil {
		return err
	}
	if err := errors.Join(r.look(ctx), r.updated(ctx)); err != nil {
		return err
	}
	if after := r.tables(); !subset(before, after) {
		return fmt.Errorf("tables were replaced: %q became %q", before, after)
	}
	if err := r.shows(ctx, "/orders/kept", token, "draft"); err != nil {
		return err
	}
	if token, err = r.command(ctx, 200, "PUT", "/orders/kept/shipping-address",
		object{"recipient": "Ada", "line1": "1 Main Street", "city": "London", "country": "UK"}); err != nil {
		return err
	}
	if err := errors.Join(r.shows(ctx, "/orders/kept", token, "draft"), r.reconciles(ctx), r.denied(ctx),
		r.diff(ctx)); err != nil {
		return err
	}
	if _, err := r.shell(ctx, "npx aws-cdk@2.1148.1 destroy"); err != nil {
		return err
	}
	return r.clear(ctx)
}

// notUpgraded returns the error of an upgrade that can't be tried, and marks its commands as taken.
func (r *run) notUpgraded(why string) error {
	if _, err := r.page.take("The next version", nil); err != nil {
		return err
	}
	return fmt.Errorf("%w: %s", errNotRun, why)
}

// tables returns the names of the stack's tables, sorted.
func (r *run) tables() (names []string) {
	for _, one := range r.resources {
		if one.ResourceType == "AWS::DynamoDB::GlobalTable" {
			names = append(names, one.PhysicalResourceID)
		}
	}
	sort.Strings(names)
	return names
}

func subset(small, large []string) bool {
	return !slices.ContainsFunc(small, func(one string) bool { return !slices.Contains(large, one) })
}

// updated checks that the last deployment updated the functions that read events before those that write them.
func (r *run) updated(ctx context.Context) error {
	var events []struct{ LogicalResourceId, ResourceStatus string } //nolint:revive // CloudFormation's names
	if err := r.aws(ctx, &events, "cloudformation", "describe_stack_events", object{"StackName": stack},
		"StackEvents"); err != nil {
		return err
	}
	slices.Reverse(events) // the oldest first
	at := map[string]int{}
	for i, e := range events {
		at[e.LogicalResourceId+" "+e.ResourceStatus] = i
	}
	for _, writer := range []string{"CommandFunction", "ReactorFunction"} {
		began, did := at[writer+" UPDATE_IN_PROGRESS"]
		if !did {
			return fmt.Errorf("%s was not updated", writer)
		}
		for _, reader := range []string{"QueryFunction", "ProjectorFunction"} {
			if ended, did := at[reader+" UPDATE_COMPLETE"]; !did || ended > began {
				return fmt.Errorf("%s was updated before %s was", writer, reader)
			}
		}
	}
	return nil
}
