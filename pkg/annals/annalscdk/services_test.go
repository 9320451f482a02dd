package annalscdk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals"
)

// TestServices: a service of any parts has a stack.
func TestServices(t *testing.T) {
	for name, service := range map[string]*annals.Service{
		"one route":      enrol(),
		"all parts":      everything(),
		"a read model":   enrol(annals.Document("GET /courses/{id}", roster)),
		"a reaction":     enrol(annals.React("greet", courses, greet)),
		"a timer":        enrol(reminder),
		"recurring work": enrol(recurring()),
		"names as those of deadlines": enrol(reminder, annals.React("deadlines", courses, greet),
			annals.React("deadline-group", courses, greet), annals.Secret("DEADLINES", 16),
			annals.Recurring("deadline", "rate(1 hour)", "", func(*annals.Tx, time.Time) error { return nil })),
		"public events":        enrol(published(courses)),
		"an inline read model": enrol(annals.ReadModel(roster, annals.Inline), annals.Document("GET /courses/{id}", roster)),
	} {
		got := synthesize(t, service)
		for id, r := range got.Resources {
			if r.Type == "AWS::IAM::Role" {
				checkStatements(t, name+", "+id, r)
			}
		}
		same(t, name+": policies beside the roles", []string(nil), got.ids("AWS::IAM::Policy"))
		tables := 5 + len(service.ReadModels) + len(service.Reactions)
		same(t, name+": tables", tables, len(got.ids("AWS::DynamoDB::GlobalTable")))
		same(t, name+": functions", 7, len(got.ids("AWS::Lambda::Function")))
		same(t, name+": secrets", 1+len(service.Secrets), len(got.ids("AWS::SecretsManager::Secret")))
	}
}

// checkStatements fails the test if a statement of a role is about nothing, which CloudFormation refuses.
func checkStatements(t *testing.T, what string, role resource) {
	t.Helper()
	for _, policy := range role.Properties["Policies"].(list) {
		for _, one := range policy.(object)["PolicyDocument"].(object)["Statement"].(list) {
			statement := one.(object)
			if resources, several := statement["Resource"].(list); statement["Resource"] == nil ||
				several && len(resources) == 0 {
				t.Errorf("%s: no resource in %v", what, statement)
			}
		}
	}
}

// TestFilters: a subscription has five filters at most, so a function of more types of streams receives all streams.
func TestFilters(t *testing.T) {
	inserts, guard := `{"eventName":["INSERT"]}`, `{"eventName":["MODIFY","REMOVE"]}`
	of4 := func(n int) []string {
		var all []string
		for i := range n {
			all = append(all,
				fmt.Sprintf(`{"dynamodb":{"Keys":{"stream":{"S":[{"prefix":"T%d#"}]}}},"eventName":["INSERT"]}`, i))
		}
		return append(all, guard)
	}
	for n, want := range map[int][]string{0: {guard}, 1: of4(1), 4: of4(4), 5: {inserts, guard}, 9: {inserts, guard}} {
		got := synthesize(t, enrol(publishing(n)...))
		same(t, fmt.Sprintf("the reactor's filters, %d types", n), want, filtersOf(t, got, "ReactorSubscription"))
		same(t, "the projector's filters", []string{inserts}, filtersOf(t, got, "ProjectorSubscription"))
	}
	// Reactions read streams without public events, too.
	got := synthesize(t, enrol(annals.React("greet", courses, greet)))
	same(t, "of a reaction", []string{strings.ReplaceAll(of4(1)[0], "T0", "Course"), guard},
		filtersOf(t, got, "ReactorSubscription"))
}

// publishing are n aggregates with public events: T0, T1 and so on.
func publishing(n int) []annals.Part {
	var all []annals.Part
	for i := range n {
		a := of(fmt.Sprintf("T%d", i))
		all = append(all, annals.Aggregate(a), published(a))
	}
	return all
}

func filtersOf(t *testing.T, from template, id string) []string {
	t.Helper()
	var all []string
	for _, filter := range from.resource(t, id,
		"AWS::Lambda::EventSourceMapping").Properties["FilterCriteria"].(object)["Filters"].(list) {
		all = append(all, filter.(object)["Pattern"].(string))
	}
	return all
}

// TestFaultsOfTheDeclaration come before all else.
func TestFaultsOfTheDeclaration(t *testing.T) {
	for name, service := range map[string]*annals.Service{
		`service "Enrol": the service's name is "Enrol"`:       annals.New("Enrol", annals.Aggregate(courses), create),
		`service "enrol": there is no aggregate: add annals.A`: annals.New("enrol"),
	} {
		if _, err := New(nil, "Stack", service, Settings{Stage: "NO"}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a service that AWS would not take: %v, want an error with %s", err, name)
		}
	}
}

// TestSecrets: the stack makes a secret for each that has no value.
func TestSecrets(t *testing.T) {
	service := func() *annals.Service { return enrol(annals.Secret("SALT", 100), annals.Secret("CARD_KEY", 1)) }
	card := "from the team"
	_, synth := stackOf(t, service(), Settings{Secrets: map[string]*string{"CARD_KEY": &card}})
	got := synth()
	env := got.resource(t, "CommandFunction",
		"AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)
	same(t, "given", any(card), env["CARD_KEY"])
	same(
		t, "made",
		any(object{"Fn::Join": list{"", list{"{{resolve:secretsmanager:", ref("SaltSecret"), ":SecretString:::}}"}}}),
		env["SALT"],
	)
	same(t, "secrets", []string{"CursorKey", "SaltSecret"}, got.ids("AWS::SecretsManager::Secret"))
	same(t, "length", any(100.0),
		got.resource(
			t, "SaltSecret", "AWS::SecretsManager::Secret",
		).Properties["GenerateSecretString"].(object)["PasswordLength"])
	_, err := New(nil, "Stack", service(), Settings{BuildDir: built(t), Secrets: map[string]*string{"PEPPER": &card}})
	if err == nil || !strings.Contains(err.Error(), "the secret PEPPER has a value but is not declared: declare it") {
		t.Errorf("a value for no secret: %v", err)
	}
	for _, env := range []string{"CURSOR_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT"} {
		_, err := New(nil, "Stack", enrol(annals.Secret(env, 1)), Settings{BuildDir: built(t)})
		if want := "secret " + env + ": the stack sets the environment variable"; err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("a secret of the stack's own: %v, want %s", err, want)
		}
	}
	if _, of := got.Resources["QueryFunction"]; of && slices.Contains(keysOf(got, "QueryFunction"), "SALT") {
		t.Error("the query function has a secret of commands")
	}
}

// TestSecretsOfClients: the reactor has the secrets of the clients, and no others. Synthesis opens no client.
func TestSecretsOfClients(t *testing.T) {
	key := annals.Secret("MAIL_KEY", 1)
	mail := annals.Client("mail", func(context.Context, func(string) string) (*int, error) {
		t.Error("synthesis opens a client")
		return new(int), nil
	}, key)
	got := synthesize(t, enrol(annals.Secret("SALT", 100), key, mail))
	for function, want := range map[string][]string{
		"CommandFunction": {"MAIL_KEY", "SALT"}, "ReactorFunction": {"MAIL_KEY"},
		"QueryFunction": {}, "ProjectorFunction": {}, "RebuilderFunction": {}, "SocketFunction": {}, "DocsFunction": {},
	} {
		has := []string{}
		for _, name := range []string{"MAIL_KEY", "SALT"} {
			if slices.Contains(keysOf(got, function), name) {
				has = append(has, name)
			}
		}
		same(t, function, want, has)
	}
}

// keysOf are the names of a function's environment variables.
func keysOf(from template, function string) []string {
	var names []string
	environment, _ := from.Resources[function].Properties["Environment"].(object)
	variables, _ := environment["Variables"].(object)
	for name := range variables {
		names = append(names, name)
	}
	return names
}
