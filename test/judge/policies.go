package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writePolicies writes each policy of a template to a file of its own: <template>.<resource>.<number>.json. parliament
// reads only policies of identities. So policies of resources are converted: the principal is removed, and a trust
// policy gets its role as the resource.
//
// Errors: an intrinsic function that this program can't resolve.
func writePolicies(dir, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var t template
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	written := 0
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		for i, policy := range policies(t.Resources[id].Properties) {
			resolved, err := t.resolve(policy)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			ofIdentity(resolved.(map[string]any), id)
			text, err := json.Marshal(resolved)
			if err != nil {
				return err
			}
			name := fmt.Sprintf("%s.%s.%d.json", plain(file), id, i)
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
				return err
			}
			written++
		}
	}
	if written == 0 {
		return errors.New("the template has no policies")
	}
	return nil
}

// ofIdentity converts a policy of a resource into one of an identity.
func ofIdentity(policy map[string]any, id string) {
	for _, statement := range policy["Statement"].([]any) {
		of, ok := statement.(map[string]any)
		if !ok || of["Principal"] == nil {
			continue
		}
		delete(of, "Principal")
		if of["Resource"] == nil {
			of["Resource"] = "arn:aws:iam::123456789012:role/" + id
		}
	}
}

// policies returns the policies inside a value, at any depth.
func policies(value any) []map[string]any {
	var all []map[string]any
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			all = append(all, policies(v)...)
		}
	case map[string]any:
		if _, ok := value["Statement"].([]any); ok {
			return []map[string]any{value}
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, policies(value[key])...)
		}
	}
	return all
}

// template is the part of a template that this program reads.
type template struct {
	Resources map[string]struct {
		Type       string
		Properties map[string]any
	}
}

// pseudo has values for CloudFormation's pseudo parameters.
var pseudo = map[string]string{
	"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012",
	"AWS::URLSuffix": "amazonaws.com",
}

// arns has the ARNs of resources without the prefix "arn:aws:", by type and attribute, in the region and account of
// pseudo.
var arns = map[string]string{
	"AWS::DynamoDB::GlobalTable Arn":       "dynamodb:us-east-1:123456789012:table/%s",
	"AWS::DynamoDB::GlobalTable StreamArn": "dynamodb:us-east-1:123456789012:table/%s/stream/2026",
	"AWS::Events::EventBus Arn":            "events:us-east-1:123456789012:event-bus/%s",
	"AWS::KMS::Key Arn":                    "kms:us-east-1:123456789012:key/%s",
	"AWS::Lambda::Function Arn":            "lambda:us-east-1:123456789012:function:%s",
	"AWS::Logs::LogGroup Arn":              "logs:us-east-1:123456789012:log-group:%s:log-stream:*",
	"AWS::S3::Bucket Arn":                  "s3:::%s",
	"AWS::SNS::Topic Ref":                  "sns:us-east-1:123456789012:%s",
	"AWS::IAM::Role Arn":                   "iam::123456789012:role/%s",
	"AWS::SQS::Queue Arn":                  "sqs:us-east-1:123456789012:%s",
}

// resolve replaces intrinsic functions by values.
func (t template) resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			var err error
			if out[i], err = t.resolve(v); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		return t.object(value)
	}
	return value, nil
}

func (t template) object(value map[string]any) (any, error) {
	if name, ok := value["Ref"].(string); ok {
		return t.ref(name)
	}
	if att, ok := value["Fn::GetAtt"].([]any); ok {
		return t.arn(fmt.Sprint(att[0]), fmt.Sprint(att[1]))
	}
	if join, ok := value["Fn::Join"].([]any); ok {
		return t.join(join)
	}
	out := map[string]any{}
	for key, v := range value {
		if strings.HasPrefix(key, "Fn::") {
			return nil, fmt.Errorf("intrinsic function %s is unknown: add it to test/judge", key)
		}
		var err error
		if out[key], err = t.resolve(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t template) ref(name string) (string, error) {
	if known, ok := pseudo[name]; ok {
		return known, nil
	}
	if t.Resources[name].Type == "AWS::ApiGatewayV2::Api" {
		return name, nil
	}
	return t.arn(name, "Ref")
}

func (t template) arn(id, attribute string) (string, error) {
	form, ok := arns[t.Resources[id].Type+" "+attribute]
	if !ok {
		return "", fmt.Errorf("attribute %s of %s (%s) is unknown: add it to test/judge", attribute, id, t.Resources[id].Type)
	}
	return "arn:aws:" + fmt.Sprintf(form, strings.ToLower(id)), nil
}

func (t template) join(join []any) (string, error) {
	resolved, err := t.resolve(join[1])
	if err != nil {
		return "", err
	}
	var parts []string
	for _, part := range resolved.([]any) {
		parts = append(parts, fmt.Sprint(part))
	}
	return strings.Join(parts, fmt.Sprint(join[0])), nil
}
