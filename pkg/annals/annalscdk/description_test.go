package annalscdk

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// TestDescription: the template holds the description of its service, and each resource that it names.
func TestDescription(t *testing.T) {
	for name, service := range map[string]*annals.Service{
		"all parts": everything(), "personal data": personal(), "deadlines": enrol(reminder, recurring()),
	} {
		t.Run(name, func(t *testing.T) { testDescription(t, service) })
	}
}

func testDescription(t *testing.T, service *annals.Service) {
	t.Helper()
	got := synthesize(t, service)
	text, err := json.Marshal(annalsaws.Describe(service))
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	same(t, "metadata", want, got.Metadata[annalsaws.MetadataKey])
	resources := annalsaws.Describe(service).Resources
	for _, table := range resources.Tables {
		got.resource(t, table, "AWS::DynamoDB::GlobalTable")
	}
	same(t, "tables", len(resources.Tables), len(got.ids("AWS::DynamoDB::GlobalTable")))
	same(t, "functions", len(resources.Functions), len(got.ids("AWS::Lambda::Function")))
	for typ, ids := range map[string]map[annalsaws.Function]string{
		"AWS::Lambda::Function": resources.Functions, "AWS::S3::Bucket": resources.Failures,
	} {
		for _, id := range ids {
			got.resource(t, id, typ)
		}
	}
	for f, id := range resources.Queues {
		got.resource(t, id, "AWS::SQS::Queue")
		got.resource(t, resources.DeadLetters[f], "AWS::SQS::Queue")
	}
	got.resource(t, resources.RebuildMachine, "AWS::StepFunctions::StateMachine")
	if service.HasPersonal() {
		got.resource(t, resources.ForgetMachine, "AWS::StepFunctions::StateMachine")
	}
	got.resource(t, resources.API, "AWS::ApiGatewayV2::Api")
	got.resource(t, resources.SocketAPI, "AWS::ApiGatewayV2::Api")
}
