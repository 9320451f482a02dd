package annalscdk

import (
	"fmt"
	"slices"
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

// TestKeysOfPersonalData: a service with personal data has a table of keys, which stays, and which no function may
// delete from. Nothing but events can be recovered for longer than keys.
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
	reads := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem"}
	makes := slices.Concat(reads, []string{"dynamodb:PutItem"})
	got := synthesize(t, personal())
	for role, want := range map[string][]string{
		"CommandRole": makes, "ReactorRole": makes, "QueryRole": reads, "ProjectorRole": reads, "RebuilderRole": reads,
		"SocketRole": nil, "DocsRole": nil,
	} {
		same(t, role, want, actionsOn(t, got, role, "KeysTable"))
	}
	same(t, "the variable", any(ref("KeysTable")),
		got.resource(t, "QueryFunction", "AWS::Lambda::Function").Properties["Environment"].(object)["Variables"].(object)["TABLE_KEYS"])
	same(t, "keys without personal data", 0, len(actionsOn(t, synthesize(t, enrol()), "CommandRole", "KeysTable")))
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

// actionsOn are the actions that a role allows on a table.
func actionsOn(t *testing.T, from template, role, table string) []string {
	t.Helper()
	var all []string
	for _, policy := range from.resource(t, role, "AWS::IAM::Role").Properties["Policies"].(list) {
		for _, one := range policy.(object)["PolicyDocument"].(object)["Statement"].(list) {
			statement := one.(object)
			if fmt.Sprint(statement["Resource"]) != fmt.Sprint(object{"Fn::GetAtt": list{table, "Arn"}}) {
				continue
			}
			actions, several := statement["Action"].(list)
			if !several {
				actions = list{statement["Action"]}
			}
			for _, action := range actions {
				all = append(all, action.(string))
			}
		}
	}
	return all
}
