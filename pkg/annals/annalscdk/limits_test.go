package annalscdk

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection"
)

// queries are n routes. Each reads the roster.
func queries(n int) []annals.Part {
	var all []annals.Part
	for i := range n {
		all = append(all, annals.Document(fmt.Sprintf("GET /courses%d/{id}", i), roster))
	}
	return all
}

// models are n read models, each with a route.
func models(n int, options ...annals.ReadModelOption) []annals.Part {
	var all []annals.Part
	for i := range n {
		model := projection.New(fmt.Sprintf("roster%d", i), 1, projection.From(courses, projection.On(
			func(d *document, e projection.Event[event], _ *projection.Writes) error {
				d.Students = append(d.Students, e.Data.Student)
				return nil
			})))
		all = append(all, annals.ReadModel(model, options...), annals.Document(fmt.Sprintf("GET /courses%d/{id}", i), model))
	}
	return all
}

// TestLimits: a service that AWS would not take is refused before it is deployed.
func TestLimits(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]annals.Part{
		"service enrol has 301 routes, with those of its documentation: an HTTP API has at most 300": queries(297),
		"the policies of the role of the function query would have about":                            models(40),
		"the environment of the function query would have about": models(80,
			annals.WithoutIndexes),
	} {
		service := enrol(parts...)
		if err := service.Check(); err != nil {
			t.Fatal(err)
		}
		if err := checkLimits(service, Settings{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check the limits: %v, want an error with %s", err, want)
		}
	}
	for name, parts := range map[string][]annals.Part{
		"routes": queries(296), "tables with indexes": models(20), "tables": models(40, annals.WithoutIndexes),
	} {
		if err := checkLimits(enrol(parts...), Settings{}); err != nil {
			t.Errorf("check the limits of %s: %v", name, err)
		}
	}
}

// TestLimitsOfPersonalData: the estimates have room for what a service with personal data has in addition.
func TestLimitsOfPersonalData(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:states:ap-southeast-1:123456789012:stateMachine:Enrol-Forget"
	plain := planOf(enrol(annals.Document("GET /courses/{id}", roster))).function(annalsaws.Reactor)
	reactor := planOf(personal()).function(annalsaws.Reactor)
	keys := len(annalsaws.Keys.Env()) + len(tableName(annalsaws.Keys, "Enrol"))
	least := keys + len(annalsaws.ForgetMachineEnv+arn+annalsaws.ForgetWaitEnv+"3600")
	if more := environmentBytes(reactor, "Enrol") - environmentBytes(plain, "Enrol"); more < least {
		t.Errorf("the reactor's environment is estimated at %d bytes more for personal data, want at least %d", more, least)
	}
	least = len(arn) + len(`{"Action":"states:StartExecution","Effect":"Allow","Resource":""},`)
	for _, action := range makesKeys {
		least += len(action)
	}
	if more := policyCharacters(reactor, "Enrol") - policyCharacters(plain, "Enrol"); more < least {
		t.Errorf("the reactor's policies are estimated at %d characters more for personal data, want %d or more", more, least)
	}
}

// TestLimitsOfDeadlines: the estimates have room for what the reactor of a service with timers has in addition.
func TestLimitsOfDeadlines(t *testing.T) {
	t.Parallel()
	stack := strings.Repeat("S", 50) // the longest: see validateNames
	const (
		roleARN  = "arn:aws:iam::123456789012:role/"
		queueARN = "arn:aws:sqs:ap-southeast-1:123456789012:"
	)
	plain := planOf(enrol(annals.React("remind", courses, greet))).function(annalsaws.Reactor)
	service := enrol(reminder)
	reactor := planOf(service).function(annalsaws.Reactor)
	role, group := roleARN+strings.Repeat("R", 64), stack+"-Deadlines"
	least := len(annalsaws.DeadlineGroupEnv+group+annalsaws.DeadlineRoleEnv+role) +
		len(annalsaws.DeadlineQueueEnv+queueARN) + 80 + len("PAYMENT_DEADLINE72h0m0s")
	if more := environmentBytes(reactor, stack) - environmentBytes(plain, stack); more < least {
		t.Errorf("the reactor's environment is estimated at %d bytes more for deadlines, want at least %d", more, least)
	}
	index := "arn:aws:dynamodb:ap-southeast-1:123456789012:table//index/slot1" +
		tableName(annalsaws.ReactionTables(service)[0], stack)
	least = len(`{"Action":["scheduler:CreateSchedule","scheduler:DeleteSchedule"],"Effect":"Allow","Resource":""},`) +
		len("arn:aws:scheduler:ap-southeast-1:123456789012:schedule/"+group+"/*") +
		len(`{"Action":"iam:PassRole","Condition":{"StringEquals":{"iam:PassedToService":"scheduler.amazonaws.com"}},`) +
		len(`"Effect":"Allow","Resource":""},`+role) +
		2*len(index)
	if more := policyCharacters(reactor, stack) - policyCharacters(plain, stack); more < least {
		t.Errorf("the reactor's policies are estimated at %d characters more for deadlines, want %d or more", more, least)
	}
}

// TestLimitsOfSettings: the estimates count each setting of the functions that decide.
func TestLimitsOfSettings(t *testing.T) {
	t.Parallel()
	for _, name := range []annalsaws.Function{annalsaws.Command, annalsaws.Reactor, annalsaws.Query} {
		plain, set := planOf(enrol()).function(name), planOf(enrol(patience)).function(name)
		want := len("PAYMENT_DEADLINE" + "2562047h47m16s")
		if name == annalsaws.Query {
			want = 0
		}
		same(t, "bytes for a setting of "+string(name), want, environmentBytes(set, "Enrol")-environmentBytes(plain, "Enrol"))
	}
}

// TestDashboardOfManyTables: each expression of the dashboard is one that CloudWatch takes.
func TestDashboardOfManyTables(t *testing.T) {
	got := synthesize(t, enrol(models(20)...))
	var text strings.Builder
	for _, part := range got.resource(t, "Dashboard",
		"AWS::CloudWatch::Dashboard").Properties["DashboardBody"].(object)["Fn::Join"].(list)[1].(list) {
		if part, ok := part.(string); ok {
			text.WriteString(part)
		}
	}
	expressions := regexp.MustCompile(`"expression":"([^"]*)"`).FindAllStringSubmatch(text.String(), -1)
	if len(expressions) < 3 {
		t.Fatalf("%d expressions, want at least 3: %.2000s", len(expressions), text.String())
	}
	for _, e := range expressions {
		if len(e[1]) > 2048 {
			t.Errorf("an expression has %d characters", len(e[1]))
		}
	}
	if !strings.Contains(text.String(), `"expression":"part0 + part1"`) &&
		!strings.Contains(text.String(), `"expression":"part0 + part1 + part2"`) {
		t.Errorf("no expression of the alarm adds up the others: %v", expressions)
	}
}
