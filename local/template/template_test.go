package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// whole is a system with one of everything.
const whole = `{
	"Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
	"Resources": {
		"Events": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {
			"KeySchema": [{"AttributeName": "stream", "KeyType": "HASH"}, {"AttributeName": "version", "KeyType": "RANGE"}],
			"AttributeDefinitions": [{"AttributeName": "stream", "AttributeType": "S"},
				{"AttributeName": "version", "AttributeType": "N"}],
			"BillingMode": "PAY_PER_REQUEST",
			"Replicas": [{"Region": {"Ref": "AWS::Region"}, "DeletionProtectionEnabled": true}],
			"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}
		}},
		"Rows": {"Type": "AWS::DynamoDB::Table", "Properties": {
			"TableName": {"Fn::Sub": "rows-${Stage}"},
			"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
			"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
			"TimeToLiveSpecification": {"AttributeName": "until", "Enabled": true}
		}},
		"Worker": {"Type": "AWS::Lambda::Function", "Properties": {
			"Code": {"S3Bucket": {"Fn::Sub": "assets-${AWS::AccountId}"}, "S3Key": "abc.zip"},
			"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 25, "MemorySize": 512,
			"Role": {"Fn::GetAtt": ["Role", "Arn"]},
			"ReservedConcurrentExecutions": 2, "LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
			"Environment": {"Variables": {
				"TABLE": {"Ref": "Events"},
				"ROWS": {"Ref": "Rows"},
				"ARN": {"Fn::GetAtt": ["Events", "Arn"]},
				"DOTTED": {"Fn::GetAtt": "Rows.Arn"},
				"JOINED": {"Fn::Join": ["/", ["a", {"Ref": "AWS::Partition"}, {"Ref": "Stage"}, 7]]},
				"SUB": {"Fn::Sub": "${Events}|${Rows.Arn}|${!Literal}|${AWS::Region}"},
				"SUBMAP": {"Fn::Sub": ["${X}-${Rows}", {"X": {"Fn::Join": ["", ["j", "k"]]}}]},
				"MACHINE": {"Ref": "Machine"},
				"QUEUE": {"Ref": "Failures"},
				"API": {"Fn::GetAtt": ["Api", "ApiEndpoint"]},
				"SOCKET": {"Fn::GetAtt": ["Socket", "ApiEndpoint"]},
				"BUS": {"Fn::GetAtt": ["Bus", "Arn"]},
				"BUSNAME": {"Fn::Join": ["", [{"Ref": "Bus"}, "/", {"Fn::GetAtt": ["Bus", "Name"]}]]},
				"ROLE": {"Fn::GetAtt": ["Role", "Arn"]},
				"DEAD": {"Fn::Join": ["", ["https://", {"Fn::GetAtt": ["Dead", "RegionalDomainName"]}]]},
				"SECRET": {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString:::}}"]]},
				"ISSUER": {"Fn::GetAtt": ["People", "ProviderURL"]},
				"NOTHING": {"Ref": "AWS::NoValue"}
			}}
		}},
		"Defaults": {"Type": "AWS::Lambda::Function",
			"Properties": {"Code": {"S3Key": "abc.zip"}, "Runtime": "provided.al2023"}},
		"Custom": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "x"}, "Runtime": "nodejs22.x"}},
		"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {"PasswordLength": 64}}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {"Anything": {"Fn::Select": [0, []]}}},
		"Failures": {"Type": "AWS::SQS::Queue"},
		"Jobs": {"Type": "AWS::SQS::Queue", "Properties": {
			"QueueName": {"Fn::Sub": "jobs-${Stage}"}, "VisibilityTimeout": 360, "DelaySeconds": 5, "MessageRetentionPeriod": 60,
			"MaximumMessageSize": 2048,
			"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}, "maxReceiveCount": 5},
			"SqsManagedSseEnabled": true, "FifoQueue": true
		}},
		"Dead": {"Type": "AWS::S3::Bucket", "Properties": {
			"BucketName": {"Fn::Sub": "dead-${Stage}"}, "BucketEncryption": {}, "ObjectLockEnabled": true,
			"NotificationConfiguration": {"EventBridgeConfiguration": {}, "QueueConfigurations": [
				{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}},
				{"Event": "s3:ObjectRemoved:*", "Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}}
			]}
		}},
		"Group": {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Tags": []}},
		"Daily": {"Type": "AWS::Scheduler::Schedule", "Properties": {
			"Name": {"Fn::Sub": "daily-${Stage}"}, "GroupName": {"Ref": "Group"}, "ScheduleExpression": "rate(1 day)",
			"FlexibleTimeWindow": {"Mode": "OFF"},
			"Target": {"Arn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Input": "{}"}
		}},
		"Paused": {"Type": "AWS::Scheduler::Schedule",
			"Properties": {"State": "DISABLED", "ScheduleExpression": "rate(1 day)", "Target": {}}},
		"Elsewhere": {"Type": "AWS::Scheduler::Schedule", "Properties": {
			"ScheduleExpression": "rate(1 day)", "ScheduleExpressionTimezone": "Europe/Berlin",
			"Target": {"Arn": "arn:x", "Input": "{}"}
		}},
		"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": {"Fn::Sub": "bus-${Stage}"}, "Description": "d",
			"Policy": {}}},
		"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {
			"StateMachineName": "made", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
			"DefinitionString": {"Fn::Join": ["", ["{\"F\":\"", {"Fn::GetAtt": ["Worker", "Arn"]}, "\"}"]]}
		}},
		"JobsPolicy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Jobs"}]}},
		"Subscription": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
			"EventSourceArn": {"Fn::GetAtt": ["Events", "StreamArn"]}, "FunctionName": {"Ref": "Worker"}, "StartingPosition": "TRIM_HORIZON",
			"BatchSize": 50, "MaximumBatchingWindowInSeconds": 2, "ParallelizationFactor": 10, "MaximumRetryAttempts": 3,
			"MaximumRecordAgeInSeconds": 3600,
			"BisectBatchOnFunctionError": true, "FunctionResponseTypes": ["ReportBatchItemFailures"],
			"TumblingWindowInSeconds": 5,
			"FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\":[\"INSERT\"]}"}]},
			"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}}
		}},
		"Plain": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
			"EventSourceArn": {"Fn::GetAtt": ["Events", "StreamArn"]}, "FunctionName": {"Fn::GetAtt": ["Defaults", "Arn"]},
			"StartingPosition": "LATEST",
			"DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Dead", "Arn"]}}}
		}},
		"Off": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
			"EventSourceArn": {"Fn::GetAtt": ["Events", "StreamArn"]}, "FunctionName": {"Ref": "Worker"},
			"StartingPosition": "LATEST", "Enabled": false
		}},
		"OfQueue": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
			"EventSourceArn": {"Fn::GetAtt": ["Failures", "Arn"]}, "FunctionName": {"Ref": "Worker"}
		}},
		"OfJobs": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
			"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Fn::GetAtt": ["Worker", "Arn"]},
			"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 1,
			"FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 5},
			"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}
		}},
		"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "x", "ProtocolType": "HTTP", "CorsConfiguration": {
			"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["authorization"],
			"ExposeHeaders": ["etag"],
			"MaxAge": 3600, "AllowCredentials": true}}},
		"Socket": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {
			"Name": "y", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.do"
		}},
		"Stage0": {"Type": "AWS::ApiGatewayV2::Stage",
			"Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": true,
			"DefaultRouteSettings": {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 10}}},
		"SocketStage": {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Socket"}, "StageName": "prod"}},
		"Integration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {
			"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Fn::GetAtt": ["Worker", "Arn"]},
			"PayloadFormatVersion": "2.0"
		}},
		"Long": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {
			"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "TimeoutInMillis": 5000,
			"IntegrationUri": {"Fn::Join": ["",
				["arn:aws:apigateway:", {"Ref": "AWS::Region"}, ":lambda:path/2015-03-31/functions/",
				{"Fn::GetAtt": ["Defaults", "Arn"]}, "/invocations"]]}
		}},
		"Get": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Api"}, "RouteKey": "GET /a/{id}",
			"Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Integration"}]]}, "AuthorizationType": "NONE"
		}},
		"Rest": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Api"}, "RouteKey": "$default", "Target": {"Fn::Sub": "integrations/${Long}"},
			"AuthorizationType": "JWT", "AuthorizerId": {"Ref": "Tokens"},
			"AuthorizationScopes": ["read"]
		}},
		"Tokens": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {
			"ApiId": {"Ref": "Api"}, "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"],
			"JwtConfiguration": {"Issuer": {"Fn::GetAtt": ["People", "ProviderURL"]}, "Audience": [{"Ref": "Client"}, "b"]}
		}},
		"People": {"Type": "AWS::Cognito::UserPool"}, "Client": {"Type": "AWS::Cognito::UserPoolClient"},
		"SocketTokens": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {
			"ApiId": {"Ref": "Socket"}, "AuthorizerType": "REQUEST", "Name": "n",
			"AuthorizerUri": {"Fn::Join": ["",
				["arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Worker", "Arn"]},
				"/invocations"]]}
		}},
		"SocketIntegration": {"Type": "AWS::ApiGatewayV2::Integration", "Properties": {
			"ApiId": {"Ref": "Socket"}, "IntegrationType": "AWS_PROXY", "IntegrationUri": {"Fn::GetAtt": ["Defaults", "Arn"]}
		}},
		"Connect": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Socket"}, "RouteKey": "$connect", "Target": {"Fn::Sub": "integrations/${SocketIntegration}"},
			"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "SocketTokens"}
		}},
		"Greet": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Socket"}, "RouteKey": "greet", "Target": {"Fn::Sub": "integrations/${SocketIntegration}"},
			"RouteResponseSelectionExpression": "$default"
		}},
		"Greeting": {"Type": "AWS::ApiGatewayV2::RouteResponse",
			"Properties": {"ApiId": {"Ref": "Socket"}, "RouteId": {"Ref": "Greet"}, "RouteResponseKey": "$default"}},
		"Mute": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Socket"}, "RouteKey": "mute", "Target": {"Fn::Sub": "integrations/${SocketIntegration}"},
			"RouteResponseSelectionExpression": "$default"
		}},
		"Alarm": {"Type": "AWS::CloudWatch::Alarm"}, "Alarm2": {"Type": "AWS::CloudWatch::Alarm"}
	}
}`

const assets = `{"files": {"abc": {"source": {"path": "asset.abc", "packaging": "zip"}}}}`

var options = template.Options{
	APIEndpoint: "http://127.0.0.1:3000", SocketEndpoint: "ws://127.0.0.1:3000/_socket",
	SQSEndpoint: "http://127.0.0.1:9324",
	Issuer:      "http://127.0.0.1:3000/issuer",
	Secret:      func(name string) (string, error) { return "secret of " + name, nil },
}

// synthesized writes a folder as CDK does.
func synthesized(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"Sys.template.json": text, "Sys.assets.json": assets, "asset.abc/bootstrap": "", "manifest.json": "{}",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, text string) (*template.System, error) {
	t.Helper()
	return template.Read(synthesized(t, text), options)
}

func TestRead(t *testing.T) {
	t.Parallel()
	dir := synthesized(t, whole)
	system, err := template.Read(dir, options)
	if err != nil {
		t.Fatal(err)
	}
	const lambda = "arn:aws:lambda:us-east-1:000000000000:function:Sys-"
	table := "arn:aws:dynamodb:us-east-1:000000000000:table/"
	want := []template.Function{
		{
			ID:        "Defaults",
			Name:      "Sys-Defaults",
			ARN:       lambda + "Defaults",
			Dir:       filepath.Join(dir, "asset.abc"),
			Timeout:   3 * time.Second,
			MemoryMB:  128,
			Reserved:  -1,
			Principal: policy.Principal{Session: "Sys-Defaults"},
		},
		{
			ID: "Worker", Name: "Sys-Worker", ARN: lambda + "Worker", Dir: filepath.Join(dir, "asset.abc"),
			Timeout: 25 * time.Second, MemoryMB: 512, Reserved: 2,
			LogFormat: "JSON", LogLevel: "INFO", Principal: policy.Principal{
				Role: "arn:aws:iam::000000000000:role/Sys-Role", Session: "Sys-Worker",
			},
			Env: map[string]string{
				"TABLE": "Sys-Events", "ROWS": "rows-dev", "ARN": table + "Sys-Events", "DOTTED": table + "rows-dev",
				"JOINED": "a/aws/dev/7",
				"SUB":    "Sys-Events|" + table + "rows-dev|${Literal}|us-east-1", "SUBMAP": "jk-rows-dev",
				"MACHINE": "arn:aws:states:us-east-1:000000000000:stateMachine:made",
				"QUEUE":   "http://127.0.0.1:9324/000000000000/Sys-Failures", "API": "http://127.0.0.1:3000",
				"SOCKET": "ws://127.0.0.1:3000/_socket",
				"BUS":    "arn:aws:events:us-east-1:000000000000:event-bus/bus-dev", "BUSNAME": "bus-dev/bus-dev",
				"ROLE": "arn:aws:iam::000000000000:role/Sys-Role", "DEAD": "https://dead-dev.s3.us-east-1.amazonaws.com",
				"SECRET": "secret of Sys-Secret", "ISSUER": "http://127.0.0.1:3000/issuer",
			},
		},
	}
	if diff := cmp.Diff(want, system.Functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	if len(system.Tables) != 2 || system.Tables[0].Name != "Sys-Events" || !system.Tables[0].Streamed() ||
		system.Tables[1].Name != "rows-dev" || system.Tables[1].Streamed() ||
		!system.Tables[1].TimeToLiveSpecification.Enabled ||
		system.Tables[0].KeySchema[1] != (template.KeyElement{AttributeName: "version", KeyType: "RANGE"}) {
		t.Errorf("tables: %+v", system.Tables)
	}
	wantMappings := []template.Mapping{
		{
			ID:              "Plain",
			FunctionID:      "Defaults",
			TableID:         "Events",
			BucketID:        "Dead",
			BatchSize:       100,
			Parallelization: 1,
			MaxRetries:      -1,
			MaxAge:          -1,
			FromLatest:      true,
		},
		{
			ID: "Subscription", FunctionID: "Worker", TableID: "Events", QueueID: "Failures", BatchSize: 50,
			Window: 2 * time.Second, Parallelization: 10,
			MaxRetries: 3, MaxAge: time.Hour, Bisect: true, ReportFailures: true, Filters: []string{`{"eventName":["INSERT"]}`},
		},
	}
	if diff := cmp.Diff(wantMappings, system.Mappings); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
	wantQueues := []template.Queue{
		{
			ID:         "Failures",
			Name:       "Sys-Failures",
			ARN:        "arn:aws:sqs:us-east-1:000000000000:Sys-Failures",
			Visibility: 30 * time.Second,
			Retention:  96 * time.Hour,
			MaxBody:    1 << 20,
		},
		{
			ID: "Jobs", Name: "jobs-dev", ARN: "arn:aws:sqs:us-east-1:000000000000:jobs-dev", Visibility: 6 * time.Minute,
			Delay:     5 * time.Second,
			Retention: time.Minute, MaxBody: 2048, DeadLetterID: "Failures", MaxReceives: 5,
		},
	}
	if diff := cmp.Diff(wantQueues, system.Queues); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
	wantBuckets := []template.Bucket{{
		ID: "Dead", Name: "dead-dev", ARN: "arn:aws:s3:::dead-dev", QueueIDs: []string{"Jobs"},
	}}
	if diff := cmp.Diff(wantBuckets, system.Buckets); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	wantSchedules := []template.Schedule{{
		ID: "Daily", Name: "daily-dev", Group: "Sys-Group", Expression: "rate(1 day)", Timezone: "UTC", Input: "{}",
		QueueARN: "arn:aws:sqs:us-east-1:000000000000:jobs-dev", RoleARN: "arn:aws:iam::000000000000:role/Sys-Role",
	}}
	if diff := cmp.Diff(wantSchedules, system.Schedules); diff != "" {
		t.Errorf("schedules (-want +got):\n%s", diff)
	}
	wantBuses := []template.Bus{{
		ID: "Bus", Name: "bus-dev", ARN: "arn:aws:events:us-east-1:000000000000:event-bus/bus-dev",
	}}
	if diff := cmp.Diff(wantBuses, system.Buses); diff != "" {
		t.Errorf("buses (-want +got):\n%s", diff)
	}
	wantQueueMappings := []template.QueueMapping{
		{
			ID:             "OfJobs",
			FunctionID:     "Worker",
			QueueID:        "Jobs",
			BatchSize:      10_000,
			Window:         time.Second,
			MaxConcurrency: 5,
			ReportFailures: true,
		},
		{ID: "OfQueue", FunctionID: "Worker", QueueID: "Failures", BatchSize: 10},
	}
	if diff := cmp.Diff(wantQueueMappings, system.QueueMappings); diff != "" {
		t.Errorf("mappings of queues (-want +got):\n%s", diff)
	}
	wantAPIs := []template.API{{
		ID: "Api", Name: "Sys-Api", Rate: 20, Burst: 10,
		Routes: []template.Route{
			{Key: "GET /a/{id}", FunctionID: "Worker", Timeout: 30 * time.Second},
			{Key: "$default", FunctionID: "Defaults", Timeout: 5 * time.Second, Authorized: true, Scopes: []string{"read"}},
		},
		CORS: &template.CORS{
			AllowOrigins: []string{"https://a.example"}, AllowMethods: []string{"GET"}, AllowHeaders: []string{"authorization"},
			ExposeHeaders: []string{"etag"}, MaxAge: new(3600), AllowCredentials: true,
		},
		Authorizer: &template.Authorizer{
			Issuer: "https://cognito-idp.us-east-1.amazonaws.com/Sys-People", Audience: []string{"Sys-Client", "b"},
		},
	}}
	if diff := cmp.Diff(wantAPIs, system.APIs, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("APIs (-want +got):\n%s", diff)
	}
	wantSockets := []template.Socket{{ID: "Socket", Name: "Sys-Socket", Stage: "prod", Selection: "$request.body.do",
		Authorizer: "Worker", Routes: []template.SocketRoute{
			{Key: "$connect", FunctionID: "Defaults", Timeout: 29 * time.Second},
			{Key: "greet", FunctionID: "Defaults", Timeout: 29 * time.Second, Answers: true},
			{Key: "mute", FunctionID: "Defaults", Timeout: 29 * time.Second}, // nothing says what it answers
		}}}
	if diff := cmp.Diff(wantSockets, system.Sockets); diff != "" {
		t.Errorf("sockets (-want +got):\n%s", diff)
	}
	wantMachines := []template.Machine{{
		ID: "Machine", Name: "made", ARN: "arn:aws:states:us-east-1:000000000000:stateMachine:made",
		Definition: `{"F":"` + lambda + `Worker"}`,
	}}
	if diff := cmp.Diff(wantMachines, system.Machines); diff != "" {
		t.Errorf("machines (-want +got):\n%s", diff)
	}
	wantNotRun := []string{
		"AWS::CloudWatch::Alarm",
		"AWS::Events::EventBus.Policy",
		"AWS::Lambda::EventSourceMapping.FilterCriteria of a queue",
		"AWS::Lambda::EventSourceMapping.TumblingWindowInSeconds", "AWS::Lambda::Function on nodejs22.x",
		"AWS::S3::Bucket notifications of s3:ObjectRemoved:*, or with a filter",
		"AWS::S3::Bucket.NotificationConfiguration.EventBridgeConfiguration",
		"AWS::S3::Bucket.ObjectLockEnabled", "AWS::SQS::Queue.FifoQueue", "AWS::Scheduler::Schedule to arn:x",
	}
	if diff := cmp.Diff(wantNotRun, system.NotRun); diff != "" {
		t.Errorf("resources that are not run (-want +got):\n%s", diff)
	}
}

// Each change to the whole is an error that names what it is about.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, from, to, want string }{
		{
			"unknown reference", `{"Ref": "Events"}`, `{"Ref": "Evnts"}`,
			"Worker (AWS::Lambda::Function): Environment: Variables: TABLE: Ref of Evnts",
		},
		{"unknown attribute", `["Events", "Arn"]`, `["Events", "Arm"]`, "Events.Arm"},
		{"unknown function", `{"Fn::Join": ["/", [`, `{"Fn::Select": ["/", [`, "Fn::Select is not supported locally"},
		{
			"bad join", `{"Fn::Join": ["/", ["a", {"Ref": "AWS::Partition"}, {"Ref": "Stage"}, 7]]}`,
			`{"Fn::Join": ["/", "a"]}`, "JOINED: Fn::Join needs",
		},
		{"bad sub", `"${Events}|${Rows.Arn}|`, `"${Nobody}|`, "SUB: Fn::Sub: Ref of Nobody"},
		{"no default", `"Default": "dev"`, `"Description": "dev"`, "parameter Stage has no default"},
		{"unknown asset", `"S3Key": "abc.zip"`, `"S3Key": "xyz.zip"`, `its code "xyz.zip" is not in Sys.assets.json`},
		{"wrong type", `"Timeout": 25`, `"Timeout": "long"`, "Worker (AWS::Lambda::Function): "},
		{
			"no key", `"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],`,
			``, "Rows (AWS::DynamoDB::Table): no KeySchema",
		},
		{"no type", `{"Type": "AWS::SQS::Queue"}`, `{}`, "resource Failures has no Type"},
		{
			"condition", `{"Type": "AWS::DynamoDB::Table",`,
			`{"Condition": "C", "Type": "AWS::DynamoDB::Table",`, "Rows (AWS::DynamoDB::Table): conditions",
		},
		{
			"position", `"StartingPosition": "TRIM_HORIZON"`, `"StartingPosition": "AT_TIMESTAMP"`,
			"Subscription (AWS::Lambda::EventSourceMapping): invalid StartingPosition",
		},
		{
			"parallelization", `"ParallelizationFactor": 10`, `"ParallelizationFactor": 11`,
			"Subscription (AWS::Lambda::EventSourceMapping): batch size 50 and parallelization factor 11",
		},
		{
			"foreign function", `"FunctionName": {"Ref": "Worker"}, "StartingPosition": "TRIM`,
			`"FunctionName": "other", "StartingPosition": "TRIM`, `"other" is not a function`,
		},
		{
			"foreign stream",
			`{"Fn::GetAtt": ["Events", "StreamArn"]}, "FunctionName": {"Ref": "Worker"}, "StartingPosition": "TRIM`,
			`"arn:aws:dynamodb:x", "FunctionName": {"Ref": "Worker"}, "StartingPosition": "TRIM`,
			`"arn:aws:dynamodb:x" is not the stream`,
		},
		{
			"no stream", `"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}`,
			`"WarmThroughput": {}`, "Events has no stream",
		},
		{
			"destination", `{"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}`,
			`{"Destination": "arn:aws:s3:::bucket"}`, "is neither a queue nor a bucket in this template",
		},
		{
			"told queue", `"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}`, `"Queue": "arn:x"`,
			`Dead (AWS::S3::Bucket): it notifies "arn:x", which is not a queue`,
		},
		{"bucket", `{"Event": "s3:ObjectCreated:*"`, `{"Event": 1`, "Dead (AWS::S3::Bucket): "},
		{"schedule", `"ScheduleExpression": "rate(1 day)"`, `"ScheduleExpression": 1`, "Daily (AWS::Scheduler::Schedule): "},
		{
			"foreign queue", `"EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}`,
			`"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:other"`,
			`OfJobs (AWS::Lambda::EventSourceMapping): "arn:aws:sqs:us-east-1:000000000000:other" is not a queue`,
		},
		{
			"foreign function of a queue", `"FunctionName": {"Fn::GetAtt": ["Worker", "Arn"]}`,
			`"FunctionName": "other"`, `OfJobs (AWS::Lambda::EventSourceMapping): "other" is not a function`,
		},
		{
			"visibility", `"VisibilityTimeout": 360`, `"VisibilityTimeout": 24`,
			"the visibility timeout of Jobs (24s) is less than the timeout of Worker (25s)",
		},
		{
			"batch without a window", `"MaximumBatchingWindowInSeconds": 1`,
			`"MaximumBatchingWindowInSeconds": 0`, "batch size 10000: use 1 to 10",
		},
		{"batch too large", `"BatchSize": 10000`, `"BatchSize": 10001`, "batch size 10001"},
		{"no batch", `"BatchSize": 10000`, `"BatchSize": 0`, "batch size 0"},
		{"concurrency", `"MaximumConcurrency": 5`, `"MaximumConcurrency": 1`, "maximum concurrency 1: use 2 or more"},
		{
			"dead letters", `{"deadLetterTargetArn": {"Fn::GetAtt": ["Failures", "Arn"]}`,
			`{"deadLetterTargetArn": {"Fn::GetAtt": ["Jobs", "Arn"]}`, "Jobs (AWS::SQS::Queue): its dead-letter queue",
		},
		{"receives", `"maxReceiveCount": 5`, `"maxReceiveCount": 0`, "maxReceiveCount is 0"},
		{"receives beyond", `"maxReceiveCount": 5`, `"maxReceiveCount": 1001`, "maxReceiveCount is 1001"},
		{
			"express machine", `"StateMachineName": "made"`, `"StateMachineType": "EXPRESS"`,
			"Machine (AWS::StepFunctions::StateMachine): machines of type EXPRESS",
		},
		{
			"no definition", `"DefinitionString": {"Fn::Join": ["", ["{\"F\":\"", {"Fn::GetAtt": ["Worker", "Arn"]}, "\"}"]]}`,
			`"DefinitionString": ""`, "Machine (AWS::StepFunctions::StateMachine): no DefinitionString",
		},
		{"queue", `"DelaySeconds": 5`, `"DelaySeconds": "x"`, "Jobs (AWS::SQS::Queue): "},
		{"stage", `"StageName": "$default"`, `"StageName": "prod"`, `stage "prod"`},
		{"route key", `"RouteKey": "GET /a/{id}"`, `"RouteKey": "GET a"`, `Get (AWS::ApiGatewayV2::Route): RouteKey "GET a"`},
		{"no integration", `{"Fn::Sub": "integrations/${Long}"}`, `"integrations/x"`, `"x" is not an integration`},
		{
			"payload format", `"PayloadFormatVersion": "2.0", "TimeoutInMillis"`,
			`"PayloadFormatVersion": "1.0", "TimeoutInMillis"`, `payload format "1.0"`,
		},
		{
			"target", `"IntegrationUri": {"Fn::GetAtt": ["Worker", "Arn"]}`,
			`"IntegrationUri": "https://example.org"`, "is not a function in this template",
		},
		{"no selection", `"$request.body.do"`, `"do"`, `Socket (AWS::ApiGatewayV2::Api): RouteSelectionExpression "do"`},
		{
			"no socket stage", `{"ApiId": {"Ref": "Socket"}, "StageName": "prod"}`,
			`{"ApiId": {"Ref": "Api"}, "StageName": "$default"}`,
			"Socket (AWS::ApiGatewayV2::Api): the WebSocket API has no stage",
		},
		{"no socket integration", `"Greet": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Socket"}, "RouteKey": "greet", "Target": {"Fn::Sub": "integrations/${SocketIntegration}"}`,
			`"Greet": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {
			"ApiId": {"Ref": "Socket"}, "RouteKey": "greet", "Target": "integrations/x"`,
			`Greet (AWS::ApiGatewayV2::Route): its target "x" is not an integration`},
		{
			"socket integration", `"ApiId": {"Ref": "Socket"}, "IntegrationType": "AWS_PROXY"`,
			`"ApiId": {"Ref": "Socket"}, "IntegrationType": "MOCK"`, "integration MOCK is not supported locally: use AWS_PROXY",
		},
		{
			"socket target", `"IntegrationUri": {"Fn::GetAtt": ["Defaults", "Arn"]}`,
			`"IntegrationUri": "https://example.org"`, `Connect (AWS::ApiGatewayV2::Route): leads to "https://example.org"`,
		},
		{
			"authorizer", `"AuthorizerType": "JWT"`, `"AuthorizerType": "REQUEST"`,
			"Tokens (AWS::ApiGatewayV2::Authorizer): the local runner supports one authorizer for each HTTP API, of type JWT",
		},
		{
			"two authorizers", `"People": {`,
			`"Also": {"Type": "AWS::ApiGatewayV2::Authorizer", "Properties": {"ApiId": {"Ref": "Api"}, "AuthorizerType": ` +
				`"JWT"}}, "People": {`,
			"the local runner supports one authorizer for each HTTP API",
		},
		{
			"authorizing function", `functions/", {"Fn::GetAtt": ["Worker", "Arn"]}`,
			`functions/", {"Fn::GetAtt": ["Custom", "Arn"]}`, "Socket (AWS::ApiGatewayV2::Api): SocketTokens asks",
		},
		{
			"no socket authorizer", `"ApiId": {"Ref": "Socket"}, "AuthorizerType"`,
			`"ApiId": {"Ref": "Api2"}, "AuthorizerType"`, "Ref of Api2",
		},
		{"not JSON", `"Resources": {`, `"Resources": `, "read Sys.template.json"},
		{"circle", `{"Fn::Sub": "rows-${Stage}"}`, `{"Ref": "Rows"}`, "too deep"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(whole, test.from) {
				t.Fatalf("the template lacks %s", test.from)
			}
			_, err := read(t, strings.Replace(whole, test.from, test.to, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
}

func TestNoSecret(t *testing.T) {
	t.Parallel()
	for _, secret := range []func(string) (string, error){
		nil, func(string) (string, error) { return "", os.ErrPermission },
	} {
		_, err := template.Read(synthesized(t, whole), template.Options{Secret: secret})
		if err == nil || !strings.Contains(err.Error(), "Worker (AWS::Lambda::Function): SECRET: ") {
			t.Errorf("read with a secret that fails: %v, want an error that names it", err)
		}
	}
}

func TestNothingSynthesized(t *testing.T) {
	t.Parallel()
	if _, err := template.Read(t.TempDir(), template.Options{}); err == nil ||
		!strings.Contains(err.Error(), "run cdk synth first") {
		t.Errorf("read an empty folder: %v, want an error that says to run cdk synth", err)
	}
}

func TestNoBootstrap(t *testing.T) {
	t.Parallel()
	dir := synthesized(t, whole)
	if err := os.Remove(filepath.Join(dir, "asset.abc", "bootstrap")); err != nil {
		t.Fatal(err)
	}
	if _, err := template.Read(dir, options); err == nil || !strings.Contains(err.Error(), "no bootstrap in asset.abc") {
		t.Errorf("read without a bootstrap: %v, want an error that names the asset", err)
	}
}
