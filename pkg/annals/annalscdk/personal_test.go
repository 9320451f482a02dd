package annalscdk

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
)

// enrolled is an event with personal data.
type enrolled struct {
	Student string `json:"student"`
	Name    string `json:"name" personal:"subject=student"`
}

func (course) enrolByName(b body) ([]enrolled, error) {
	return []enrolled{{string(b.Student), string(b.Student)}}, nil
}

// personal is a service with personal data.
func personal() *annals.Service {
	pupils := es.Aggregate[course, enrolled]{
		StreamType: "Pupil", Events: es.NewRegistry(es.Type[enrolled]("PupilEnrolled", 1, enrolled{})),
		Evolve: func(*course, enrolled) {},
	}
	return enrol(annals.Aggregate(pupils), annals.Create("POST /pupils", pupils, course.enrolByName),
		annals.Document("GET /courses/{id}", roster))
}

// TestKeysOfPersonalData: a service with personal data has a table of keys, which stays. Nothing but
// events can be recovered for longer than keys.
func TestKeysOfPersonalData(t *testing.T) {
	for days, settings := range map[float64]Settings{7: {}, 1: {PersonalRecoveryDays: 1}} {
		_, synth := stackOf(t, personal(), settings)
		got := synth()
		keys := got.resource(t, "KeysTable", "AWS::DynamoDB::GlobalTable")
		same(t, "the key", any(list{
			object{"AttributeName": "subject", "KeyType": "HASH"}, object{"AttributeName": "about", "KeyType": "RANGE"},
		}), keys.Properties["KeySchema"])
		same(t, "deletion protection", any(true), replica(keys)["DeletionProtectionEnabled"])
		same(t, "when the stack is deleted", "Retain", keys.DeletionPolicy)
		for _, id := range got.ids("AWS::DynamoDB::GlobalTable") {
			want := days
			if id == "EventsTable" {
				want = 35
			}
			recovery := replica(got.resource(t, id, "AWS::DynamoDB::GlobalTable"))["PointInTimeRecoverySpecification"]
			same(t, fmt.Sprintf("recovery of %s", id), any(want), recovery.(object)["RecoveryPeriodInDays"])
		}
	}
	got := synthesize(t, personal())
	same(t, "the variable", any(ref("KeysTable")),
		got.resource(t, "QueryFunction", "AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)["TABLE_KEYS"])
	same(t, "keys without personal data", 0, len(actionsOn(t, synthesize(t, enrol()), "CommandRole", "KeysTable")))
}

// TestRightsOnKeys: the rebuilder alone may change keys, and no role may delete one. Each role has exactly the listed
// actions on the table.
func TestRightsOnKeys(t *testing.T) {
	reads := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}
	makes := slices.Concat(reads, []string{"dynamodb:PutItem"})
	want := map[string][]string{
		"CommandRole": makes, "ReactorRole": makes, "ProjectorRole": reads,
		"QueryRole":     slices.Concat(reads, []string{"dynamodb:Query"}),
		"RebuilderRole": slices.Concat(reads, []string{"dynamodb:Query", "dynamodb:UpdateItem"}),
	}
	got := synthesize(t, personal())
	for _, role := range got.ids("AWS::IAM::Role") {
		same(t, role, want[role], actionsOn(t, got, role, "KeysTable"))
		for _, one := range statementsOf(t, got, role) {
			statement := one.(object)
			if all := jsonOf(t, statement["Action"]); strings.Contains(all, "*") ||
				jsonOf(t, statement["Resource"]) == `"*"` && strings.Contains(all, "dynamodb:") && all != `"dynamodb:ListStreams"` {
				t.Errorf("%s allows %v on %v: it can reach the table of keys", role, all, statement["Resource"])
			}
		}
	}
	for _, typ := range []string{"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group"} {
		same(t, typ, []string(nil), got.ids(typ))
	}
	same(t, "the rebuilder on events", []string{
		"dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan",
	}, actionsOn(t, got, "RebuilderRole", "EventsTable"))
	same(t, "the rebuilder on snapshots", []string{"dynamodb:GetItem", "dynamodb:PutItem"},
		actionsOn(t, got, "RebuilderRole", "SnapshotsTable"))
}

// TestRecoveryDaysAreChecked: a setting beyond what DynamoDB takes is refused.
func TestRecoveryDaysAreChecked(t *testing.T) {
	_, err := New(nil, "Stack", personal(), Settings{BuildDir: built(t), PersonalRecoveryDays: 36})
	if want := "personalRecoveryDays is 36: it must be a whole number from 1 to 35"; err == nil || err.Error() != want {
		t.Errorf("recovery of 36 days: %v, want %s", err, want)
	}
}

// replica is where a table has its settings: it has one replica.
func replica(table resource) object { return table.Properties["Replicas"].(list)[0].(object) }

// actionsOn are the actions that a role allows on a table, sorted.
func actionsOn(t *testing.T, from template, role, table string) []string {
	t.Helper()
	var all []string
	for _, one := range statementsOf(t, from, role) {
		statement := one.(object)
		if !slices.ContainsFunc(several(statement["Resource"]), func(resource any) bool {
			return fmt.Sprint(resource) == fmt.Sprint(object{"Fn::GetAtt": list{table, "Arn"}})
		}) {
			continue
		}
		for _, action := range several(statement["Action"]) {
			all = append(all, action.(string))
		}
	}
	slices.Sort(all)
	return all
}

// several is a list of a policy, which can be one value.
func several(value any) list {
	if all, is := value.(list); is {
		return all
	}
	return list{value}
}
