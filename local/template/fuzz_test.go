package template_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/annals-es/annals/local/template"
)

// FuzzRead: any template is read, or refused with an error. It never ends the runner.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"Resources":{}}`, `{"Resources":{"T":null}}`, `null`,
		`{"Resources":{"T":{"Type":"AWS::DynamoDB::GlobalTable","Properties":{"KeySchema":[{"AttributeName":"p",` +
			`"KeyType":"HASH"}],` +
			`"AttributeDefinitions":[{"AttributeName":"p","AttributeType":"S"}]}}}}`,
		`{"Resources":{"T":{"Type":"AWS::DynamoDB::GlobalTable","Properties":{"TableName":{"Fn::Sub":"${T}${"}}}}}`,
		`{"Resources":{"Q":{"Type":"AWS::SQS::Queue",` +
			`"Properties":{"RedrivePolicy":{"deadLetterTargetArn":{"Fn::GetAtt":["Q","Arn"]}}}}}}`,
		`{"Resources":{"R":{"Type":"AWS::ApiGatewayV2::Route","Properties":{"RouteKey":"GET /a","Target":{"Fn::Join":["",` +
			`["integrations/",{"Ref":"I"}]]}}}}}`,
		`{"Resources":{"F":{"Type":"AWS::Lambda::Function","Properties":{"Environment":{"Variables":{"A":{"Ref":"F"}}},` +
			`"Code":{"S3Key":"x.zip"}}}}}`,
		`{"Resources":{"M":{"Type":"AWS::Lambda::EventSourceMapping","Properties":{"FunctionName":{"Ref":"M"},` +
			`"EventSourceArn":{"Fn::GetAtt":["M"]}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"a.template.json": text, "a.assets.json": []byte(`{"files":{}}`)} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = template.Read(dir, template.Options{APIEndpoint: "http://127.0.0.1:1", SQSEndpoint: "http://127.0.0.1:2"})
	})
}
