package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// gaps deploys each gap alone, and checks that the emulator refuses it as listed.
func (r *run) gaps(ctx context.Context) error {
	for i, g := range gaps {
		if err := r.gap(ctx, fmt.Sprintf("Gap%d", i), g); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) gap(ctx context.Context, name string, g gap) error {
	body, err := marshal(g.probe)
	if err != nil {
		return err
	}
	of := object{"StackName": name}
	err = r.aws(ctx, nil, "cloudformation", "create_stack", object{"StackName": name, "TemplateBody": string(body)}, "")
	if err != nil && strings.Contains(err.Error(), g.refusal) {
		return nil
	}
	if err != nil {
		return err
	}
	var events []struct{ ResourceStatus, ResourceStatusReason string }
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if err := r.aws(ctx, &events, "cloudformation", "describe_stack_events", of, "StackEvents"); err != nil {
			return err
		}
		for _, e := range events {
			if strings.Contains(e.ResourceStatusReason, g.refusal) {
				return r.aws(ctx, nil, "cloudformation", "delete_stack", of, "")
			}
		}
		if events[0].ResourceStatus == "CREATE_COMPLETE" {
			break
		}
	}
	return fmt.Errorf("the emulator no longer answers %q: if it has closed the gap, remove it from the list: %s",
		g.refusal, g.what)
}

// prepare prepares an empty account for deployments.
func (r *run) prepare(ctx context.Context) error {
	if _, err := r.shell(ctx, "npx --yes aws-cdk@2.1148.1 --version"); err != nil { // download it first
		return err
	}
	_, err := r.documented(ctx, "Once for an account and a region", nil)
	return err
}

// failing deploys a template that fails in part. The page's commands must show why it failed and what remains.
func (r *run) failing(ctx context.Context) error {
	_, err := r.exec(ctx, []string{"CDK_APP=" + r.app(r.root, " -fail")}, "npx", "aws-cdk@2.1148.1", "deploy")
	var failed *failure
	if !errors.As(err, &failed) {
		return fmt.Errorf("the deployment did not fail: %w", err)
	}
	said, err := r.documented(ctx, "When the first deployment fails", nil)
	if err != nil {
		return err
	}
	if !strings.Contains(said, metricMath) || !strings.Contains(said, "EventsTable\tShop-EventsTable-") {
		return fmt.Errorf("the stack's events do not show why the deployment failed and what remains: %s", said)
	}
	return r.clear(ctx)
}

// deploy deploys all stages of the page, and runs annals doctor on the first.
func (r *run) deploy(ctx context.Context) error {
	if _, err := r.documented(ctx, "Deploy", nil); err != nil {
		return err
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	if _, err := r.exec(ctx, []string{"CGO_ENABLED=0"}, "go", "build", "-o", filepath.Join(r.dir, "annals"),
		"./cmd/annals"); err != nil {
		return err
	}
	said, err := r.documented(ctx, "Deploy", nil)
	if err := r.onlyTimeToLive(said, err); err != nil {
		return err
	}
	most, err := r.documented(ctx, "A new account", nil)
	if err != nil {
		return err
	}
	if _, err := strconv.Atoi(strings.TrimSpace(most)); err != nil {
		return fmt.Errorf("the account's concurrency: %w", err)
	}
	return nil
}

// firstOrder gets a token, creates a product and an order, and reads the order.
func (r *run) firstOrder(ctx context.Context) error {
	said, err := r.documented(ctx, "A first order", map[string]string{
		"POOL": r.resources["UserPool"].PhysicalResourceID, "OPERATORS_CLIENT_ID": r.outputs["OperatorsClientId"],
		"LOGIN_URL": r.outputs["LoginUrl"], "API_URL": r.outputs["ApiUrl"],
	})
	if err != nil {
		return err
	}
	if strings.Contains(said, "/problems/") || strings.Count(said, `"o-1"`) < 2 || !strings.Contains(said, `"19.00"`) {
		return fmt.Errorf("the answers are not a product and, twice, an order of 19.00: %s", said)
	}
	return r.signIn(ctx)
}

// signIn gets a token in the way of the page.
func (r *run) signIn(ctx context.Context) error {
	var secret string
	if err := r.aws(ctx, &secret, "cognito-idp", "describe_user_pool_client", object{
		"UserPoolId": r.resources["UserPool"].PhysicalResourceID, "ClientId": r.outputs["OperatorsClientId"],
	}, "UserPoolClient.ClientSecret"); err != nil {
		return err
	}
	said, err := r.exec(ctx, nil, "curl", "-sSf", r.outputs["LoginUrl"]+"/oauth2/token",
		"-u", r.outputs["OperatorsClientId"]+":"+secret, "-d", "grant_type=client_credentials")
	if err != nil {
		return err
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := parse(said, &answer); err != nil {
		return err
	}
	r.token = answer.AccessToken
	return nil
}

// diff checks that there is no difference between the deployed and the synthesized stack.
func (r *run) diff(ctx context.Context) error {
	said, err := r.shell(ctx, "npx aws-cdk@2.1148.1 diff --fail "+stack+" 2>&1")
	if err == nil && !strings.Contains(said, "There were no differences") {
		err = fmt.Errorf("cdk diff succeeded without reporting no differences: %s", said)
	}
	return err
}

// firstDeployment runs the checks that are made for AWS. Those of features that the emulator ignores are listed and
// must fail. All others must succeed.
func (r *run) firstDeployment(ctx context.Context) error {
	ignored := []string{
		"DISABLED, want ENABLED", // point-in-time recovery
		"want ENABLED 35",        //
		"EventsTableName: protected from deletion: ",
		"KeysTableName: protected from deletion: ",
		"delete-item on the events: ",     // resource policies
		"update-item on the events: ",     //
		"SnapshotsTableName: rows expire", // time to live of a global table
		"ConnectionsTableName: rows expire",
		"alarms with metric math: ", // see gaps
		// On AWS, API Gateway answers 503 if Lambda throttles.
		"a request to a throttled function: 429",
	}
	said, _ := r.exec(ctx, []string{"PAUSE=1"}, filepath.Join(r.root, ".ci", "first-deployment"), "--stack", stack)
	if !strings.Contains(said, "ok: the same request, when it may run again: 200") {
		return fmt.Errorf("the checks did not finish:\n%s", said)
	}
	failed := linesWith(said, "FAILED: ")
	for _, line := range failed {
		if !containsAny(line, ignored) {
			return fmt.Errorf("a check fails unexpectedly: %s", strings.TrimSpace(line))
		}
	}
	for _, one := range ignored {
		if len(linesWith(strings.Join(failed, ""), one)) == 0 {
			return fmt.Errorf("no check fails with %q: if the emulator no longer ignores it, remove it from the list", one)
		}
	}
	return nil
}

// denied searches the logs of all functions for requests that IAM denied.
func (r *run) denied(ctx context.Context) error {
	groups, messages := 0, 0
	for _, one := range r.resources {
		if one.ResourceType != "AWS::Logs::LogGroup" {
			continue
		}
		groups++
		said, err := r.messages(ctx, one.LogicalResourceID)
		if err != nil {
			return err
		}
		messages += len(said)
		for _, line := range said {
			if wasDenied(line) {
				return fmt.Errorf("%s: %s", one.LogicalResourceID, line)
			}
		}
	}
	if groups < 7 || messages == 0 {
		return fmt.Errorf("%d log groups with %d messages, want at least 7 groups and some messages", groups, messages)
	}
	return nil
}

// emulatorsAction is an action that the emulator asks for and AWS does not: AWS allows SendMessageBatch to those who
// may do sqs:SendMessage.
const emulatorsAction = "sqs:SendMessageBatch"

var deniedAction = regexp.MustCompile(`not authorized to perform: ([a-z0-9-]+:\w+)`)

// wasDenied reports whether a message tells of a request that AWS would deny, too.
func wasDenied(message string) bool {
	actions := deniedAction.FindAllStringSubmatch(message, -1)
	for _, action := range actions {
		if action[1] != emulatorsAction {
			return true
		}
	}
	return len(actions) == 0 && strings.Contains(message, "AccessDenied")
}

// messages returns all messages of a log group.
func (r *run) messages(ctx context.Context, group string) ([]string, error) {
	var said []string
	err := r.aws(ctx, &said, "logs", "filter_log_events", object{"logGroupName": r.resources[group].PhysicalResourceID},
		"events[].message")
	return said, err
}

func writeJSON(file string, value any) error {
	text, err := marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
