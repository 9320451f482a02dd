package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// procedures are runbooks that no alarm names: a person decides to follow them.
var procedures = []string{
	"README", "email-key", "restore", "rollback", "stuck-shard",
}

// elsewhere are runbooks of alarms that only a stack with other stores than DynamoDB has. The construct's tests hold
// them against these alarms.
var elsewhere = []string{"store-away"}

// resourceIn matches a resource of the stack in a runbook's command.
var resourceIn = regexp.MustCompile(`(?:\$\(id |logs )([A-Z][A-Za-z]+)`)

var runbookOf = regexp.MustCompile(`\. What to do: docs/runbooks/([a-z-]+)\.md$`)

// TestRunbooks: each alarm has a page that names it, and each page has an alarm or is a procedure.
func TestRunbooks(t *testing.T) {
	pages := map[string]string{}
	files, err := filepath.Glob("../docs/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pages[strings.TrimSuffix(filepath.Base(file), ".md")] = string(text)
	}
	led := map[string]bool{}
	for _, id := range arm64.ids("AWS::CloudWatch::Alarm") {
		description, _ := arm64.resource(t, id, "AWS::CloudWatch::Alarm").Properties["AlarmDescription"].(string)
		named := runbookOf.FindStringSubmatch(description)
		if named == nil {
			t.Errorf("%s names no runbook: %q", id, description)
			continue
		}
		if !strings.Contains(pages[named[1]], "`"+id+"`") {
			t.Errorf("%s: docs/runbooks/%s.md is missing or does not name it", id, named[1])
		}
		led[named[1]] = true
	}
	for page, text := range pages {
		for _, used := range resourceIn.FindAllStringSubmatch(text, -1) {
			if _, there := arm64.template.Resources[used[1]]; !there {
				t.Errorf("docs/runbooks/%s.md asks for %s, which the stack lacks", page, used[1])
			}
		}
		if !led[page] && !slices.Contains(procedures, page) && !slices.Contains(elsewhere, page) {
			t.Errorf("no alarm leads to docs/runbooks/%s.md", page)
		}
		if page == "README" {
			continue
		}
		if !strings.Contains(pages["README"], "("+page+".md)") {
			t.Errorf("docs/runbooks/README.md does not lead to %s", page)
		}
		for _, part := range []string{"\n## What it means\n", "\n## Look\n", "\n## Do\n", "\n## Done when\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("docs/runbooks/%s.md has no part %q", page, strings.TrimSpace(part))
			}
		}
	}
}

// TestAlarms: every alarm notifies the topic, and a period without values is good. The metrics exist.
func TestAlarms(t *testing.T) {
	ids := arm64.ids("AWS::CloudWatch::Alarm")
	for _, id := range ids {
		p := arm64.resource(t, id, "AWS::CloudWatch::Alarm").Properties
		same(t, id+" AlarmActions", any(list{ref("AlarmTopic")}), p["AlarmActions"])
		if strings.HasSuffix(id, "ReconciliationAlarm") { // missing values fire it, after there were some
			same(t, id, list{"missing", list{ref("AlarmTopic")}, 3600.0, 30.0, 30.0},
				list{
					p["TreatMissingData"], p["InsufficientDataActions"], p["Period"], p["EvaluationPeriods"], p["DatapointsToAlarm"],
				})
		} else {
			same(t, id, list{"notBreaching", nil}, list{p["TreatMissingData"], p["InsufficientDataActions"]})
		}
		metrics := 0
		for _, m := range metricsOf(p) {
			metrics++
			if namespace := m["Namespace"]; namespace == "Shop" &&
				!slices.ContainsFunc(telemetry.Metrics, func(o *telemetry.Metric) bool { return o.Name == m["MetricName"] }) {
				t.Errorf("%s: no function measures %v", id, m["MetricName"])
			}
		}
		if metrics == 0 || metrics > 10 {
			t.Errorf("%s looks at %d metrics", id, metrics)
		}
	}
	for _, function := range []string{"Projector", "Reactor"} {
		parked := arm64.resource(t, function+"ParkedAlarm", "AWS::CloudWatch::Alarm").Properties
		same(t, function+" parked", list{
			"Shop", "ParkedStreams", "Sum", 0.0, list{object{"Name": "Function", "Value": ref(function + "Function")}},
		},
			list{parked["Namespace"], parked["MetricName"], parked["Statistic"], parked["Threshold"], parked["Dimensions"]})
		age := arm64.resource(t, function+"IteratorAgeAlarm", "AWS::CloudWatch::Alarm").Properties
		same(t, function+" iterator age", list{"AWS/Lambda", "IteratorAge", "Maximum", 300000.0}, list{
			age["Namespace"], age["MetricName"], age["Statistic"], age["Threshold"],
		})
	}
	for _, function := range []string{"Projector", "Reactor"} {
		p := arm64.resource(t, function+"UnreadableAlarm", "AWS::CloudWatch::Alarm").Properties
		same(t, function+" set aside", list{
			"Shop", "UnreadableRecords", "Sum", 0.0, list{object{"Name": "Function", "Value": ref(function + "Function")}},
		},
			list{p["Namespace"], p["MetricName"], p["Statistic"], p["Threshold"], p["Dimensions"]})
	}
	for alarm, queue := range map[string]string{
		"CatchUpDeadLettersAlarm": "CatchUpDeadLetters", "ReactionDeadLettersAlarm": "ReactionDeadLetters",
	} {
		p := arm64.resource(t, alarm, "AWS::CloudWatch::Alarm").Properties
		same(t, alarm, list{
			"AWS/SQS", "ApproximateNumberOfMessagesVisible", 0.0,
			list{object{"Name": "QueueName", "Value": getAtt(queue, "QueueName")}},
		},
			list{p["Namespace"], p["MetricName"], p["Threshold"], p["Dimensions"]})
	}
	for _, function := range []string{"Projector", "Reactor"} {
		p := arm64.resource(t, function+"GivenUpAlarm", "AWS::CloudWatch::Alarm").Properties
		same(t, function+" gave up", list{
			"AWS/Lambda", "OnFailureDestinationDeliveredEventCount", 0.0,
			list{object{"Name": "EventSourceMappingUUID", "Value": ref(function + "Subscription")}},
		}, list{p["Namespace"], p["MetricName"], p["Threshold"], p["Dimensions"]})
	}
	tamper := arm64.resource(t, "TamperAlarm", "AWS::CloudWatch::Alarm").Properties
	same(t, "tampering", list{"TamperedCommits", 0.0, list{object{"Name": "Function", "Value": ref("ReactorFunction")}}},
		list{tamper["MetricName"], tamper["Threshold"], tamper["Dimensions"]})
	same(t, "number of alarms", 29, len(ids))
}

// metricsOf returns the metrics of an alarm.
func metricsOf(alarm object) []object {
	if alarm["MetricName"] != nil {
		return []object{alarm}
	}
	var all []object
	metrics, _ := alarm["Metrics"].(list)
	for _, m := range metrics {
		if stat, ok := m.(object)["MetricStat"].(object); ok {
			all = append(all, stat["Metric"].(object))
		}
	}
	return all
}

// TestAlarmTopic: CloudWatch may publish to the stack's own topic; a deployment may name another.
func TestAlarmTopic(t *testing.T) {
	policy := arm64.resource(t, "AlarmTopicPolicy", "AWS::SNS::TopicPolicy").Properties
	same(t, "Topics", any(list{ref("AlarmTopic")}), policy["Topics"])
	same(t, "Statement", any(list{
		object{
			"Sid": "AllowPublishThroughSSLOnly", "Effect": "Deny", "Principal": "*", "Action": "sns:Publish",
			"Resource":  ref("AlarmTopic"),
			"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
		},
		object{
			"Sid": "1", "Effect": "Allow", "Principal": object{"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish",
			"Resource":  ref("AlarmTopic"),
			"Condition": object{"StringEquals": object{"aws:SourceAccount": ref("AWS::AccountId")}},
		},
	}), policy["PolicyDocument"].(object)["Statement"])
	same(t, "topics", []string{"AlarmTopic"}, arm64.ids("AWS::SNS::Topic"))
	same(t, "subscriptions", 0, len(arm64.ids("AWS::SNS::Subscription")))

	mailed := chosen.resource(t, "AlarmEmail", "AWS::SNS::Subscription").Properties
	same(t, "subscription", object{
		"Endpoint": "ops@example.org", "Protocol": "email", "TopicArn": ref("AlarmTopic"),
	}, mailed)
	const topic = "arn:aws:sns:eu-west-1:123456789012:pager"
	same(t, "topics, where one is named", 0, len(prod.ids("AWS::SNS::Topic")))
	same(t, "action, where a topic is named", any(list{topic}),
		prod.resource(t, "ApiErrorsAlarm", "AWS::CloudWatch::Alarm").Properties["AlarmActions"])
}

// TestTelemetryIsConfigured: functions publish metrics for their own stack, and send traces if a collector is set.
func TestTelemetryIsConfigured(t *testing.T) {
	for _, f := range annalsaws.Functions {
		if f == annalsaws.Docs { // it publishes no metrics
			continue
		}
		id := pascal(f) + "Function"
		variables := func(a assembly) object {
			return a.resource(t, id, "AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)
		}
		same(t, id+" namespace", any("Shop"), variables(arm64)["METRICS_NAMESPACE"])
		same(t, id+" namespace of prod", any("Shop-prod"), variables(prod)["METRICS_NAMESPACE"])
		same(t, id+" collector", nil, variables(arm64)["OTEL_EXPORTER_OTLP_ENDPOINT"])
		same(t, id+" collector, where one is named", any("http://localhost:4318"),
			variables(chosen)["OTEL_EXPORTER_OTLP_ENDPOINT"])
	}
}

// TestEmailKey: a stack with a restored event table finds the e-mail addresses that were reserved before.
func TestEmailKey(t *testing.T) {
	for stack, want := range map[*assembly]any{&arm64: ref("AWS::StackId"), &chosen: "arn:aws:cloudformation:old"} {
		env := stack.resource(t, "CommandFunction",
			"AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)
		same(t, "EMAIL_KEY", want, env["EMAIL_KEY"])
	}
}

// TestDashboard: the dashboard shows every projection, and its cost counts every table, every function and the API.
func TestDashboard(t *testing.T) {
	text := dashboardText(t)
	var body struct {
		Widgets []struct {
			Properties struct {
				Title   string
				Metrics []list
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatalf("parse the dashboard: %v: %s", err, text)
	}
	panels := map[string]string{}
	for _, w := range body.Widgets {
		metrics, _ := json.Marshal(w.Properties.Metrics)
		panels[w.Properties.Title] = string(metrics)
	}
	for _, model := range readTables {
		if !strings.Contains(panels["Projection lag, s"], `["Shop","ProjectionLag","Projection","`+model.Name+`"`) {
			t.Errorf("no lag of %s: %s", model.Name, panels["Projection lag, s"])
		}
	}
	costs := panels["US dollars a day, at list prices of November 2026"]
	if !strings.Contains(costs, "FILL(m0, 0) * 0.000000625000 + FILL(m1, 0) * 0.000000125000") {
		t.Errorf("no prices in %s", costs)
	}
	for _, id := range arm64.ids("AWS::DynamoDB::GlobalTable") {
		for _, units := range []string{"ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"} {
			if !strings.Contains(costs, `"AWS/DynamoDB","`+units+`","TableName","{`+id+`}"`) {
				t.Errorf("the cost lacks %s of %s", units, id)
			}
		}
	}
	for _, id := range arm64.ids("AWS::Lambda::Function") {
		if !strings.Contains(costs, `"AWS/Lambda","Duration","FunctionName","{`+id+`}"`) {
			t.Errorf("the cost lacks the time of %s", id)
		}
	}
}

// dashboardText returns the dashboard's document, with {Id} instead of references.
func dashboardText(t *testing.T) string {
	t.Helper()
	join := arm64.resource(t, "Dashboard",
		"AWS::CloudWatch::Dashboard").Properties["DashboardBody"].(object)["Fn::Join"].(list)
	var b strings.Builder
	for _, part := range join[1].(list) {
		switch part := part.(type) {
		case string:
			b.WriteString(part)
		case object:
			if id, ok := part["Ref"].(string); ok {
				b.WriteString("{" + id + "}")
				continue
			}
			b.WriteString("{" + part["Fn::GetAtt"].(list)[0].(string) + "}")
		}
	}
	return b.String()
}
