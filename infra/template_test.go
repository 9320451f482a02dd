package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// object and list are JSON as encoding/json reads it.
type (
	object = map[string]any
	list   = []any
)

// assembly is the synthesized output, as plain data.
type assembly struct {
	dir      string
	text     string // of the template
	template struct {
		Resources map[string]resource
		Outputs   map[string]struct{ Value any }
	}
	manifest struct {
		Artifacts map[string]struct {
			Properties struct{ StackName string }
		}
	}
	assets struct {
		Files map[string]struct {
			Source struct{ Path, Packaging string }
		}
	}
}

// resource is one resource of the template, under its logical id.
type resource struct {
	Type                string
	Properties          object
	DependsOn           []string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            object
}

func readAssembly(dir string) assembly {
	a := assembly{dir: dir}
	a.text = mustRead(filepath.Join(dir, "Shop.template.json"), &a.template)
	mustRead(filepath.Join(dir, "Shop.assets.json"), &a.assets)
	mustRead(filepath.Join(dir, "manifest.json"), &a.manifest)
	return a
}

func mustRead(path string, into any) string {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		panic(err)
	}
	return string(text)
}

// resource returns the resource under a logical id, which must be of that type.
func (a assembly) resource(t *testing.T, id, typ string) resource {
	t.Helper()
	r, ok := a.template.Resources[id]
	if !ok || r.Type != typ {
		t.Fatalf("%s is %q, want a %s", id, r.Type, typ)
	}
	return r
}

// ids returns the logical ids of all resources of a type, sorted.
func (a assembly) ids(typ string) []string {
	var ids []string
	for id, r := range a.template.Resources {
		if r.Type == typ {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// of returns the resources of a type that belong to an API.
func (a assembly) of(api, typ string) []string {
	return slices.DeleteFunc(a.ids(typ), func(id string) bool {
		return !cmp.Equal(a.template.Resources[id].Properties["ApiId"], any(ref(api)))
	})
}

func ref(id string) object               { return object{"Ref": id} }
func getAtt(id, attribute string) object { return object{"Fn::GetAtt": list{id, attribute}} }

// same fails the test if the template differs from what is wanted.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A new type of resource needs a test here, and the local runner has to support or ignore it.
func TestTypes(t *testing.T) {
	types := map[string]bool{}
	for _, r := range arm64.template.Resources {
		types[r.Type] = true
	}
	same(t, "types of resources", []string{
		"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Authorizer", "AWS::ApiGatewayV2::Integration",
		"AWS::ApiGatewayV2::Route",
		"AWS::ApiGatewayV2::RouteResponse", "AWS::ApiGatewayV2::Stage",
		"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard",
		"AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain",
		"AWS::Cognito::UserPoolResourceServer",
		"AWS::DynamoDB::GlobalTable", "AWS::Events::EventBus", "AWS::IAM::Role",
		"AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function",
		"AWS::Lambda::Permission", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::S3::BucketPolicy",
		"AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup",
		"AWS::SecretsManager::Secret",
		"AWS::StepFunctions::StateMachine",
	}, slices.Sorted(maps.Keys(types)))
}

func TestLogicalIDsHaveNoHash(t *testing.T) {
	hash := regexp.MustCompile(`[0-9A-F]{8}$`)
	for id := range arm64.template.Resources {
		if hash.MatchString(id) {
			t.Errorf("%s ends in a hash: set its logical id with named", id)
		}
	}
}

// The local runner supports only these intrinsic functions.
func TestIntrinsicFunctions(t *testing.T) {
	used := map[string]bool{}
	for _, r := range arm64.template.Resources {
		intrinsics(r.Properties, used)
	}
	for _, o := range arm64.template.Outputs {
		intrinsics(o.Value, used)
	}
	same(t, "intrinsic functions", []string{"Fn::GetAtt", "Fn::Join", "Fn::Sub", "Ref"}, slices.Sorted(maps.Keys(used)))
}

func intrinsics(value any, used map[string]bool) {
	switch value := value.(type) {
	case list:
		for _, v := range value {
			intrinsics(v, used)
		}
	case object:
		for key, v := range value {
			if key == "Ref" || strings.HasPrefix(key, "Fn::") {
				used[key] = true
			}
			intrinsics(v, used)
		}
	}
}
