package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// decode evaluates a resource's properties into a struct whose fields have CloudFormation's names. It adds top-level
// properties to NotRun that are neither in the struct nor harmless.
func (s *stack) decode(r *resource, into any) error {
	fail := func(err error) error { return fmt.Errorf("%s (%s): %w", r.id, r.Type, err) }
	if r.Condition != "" {
		return fail(fmt.Errorf("conditions are not supported locally"))
	}
	known := fields(into)
	wanted := map[string]any{}
	for name, value := range r.Properties {
		switch {
		case slices.Contains(known, name):
			wanted[name] = value
		case !slices.Contains(harmless[r.Type], name):
			s.notRun = append(s.notRun, r.Type+"."+name)
		}
	}
	evaluated, err := s.evaluate(wanted, 0)
	if err != nil {
		return fail(err)
	}
	plain, err := json.Marshal(evaluated)
	if err != nil {
		return fail(err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fail(err)
	}
	return nil
}

func fields(of any) []string {
	t := reflect.TypeOf(of).Elem()
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Name
	}
	return names
}

// harmless are properties without an effect on a local run.
var harmless = map[string][]string{
	typeTable: {
		"TableName", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput", "PointInTimeRecoverySpecification",
		"DeletionProtectionEnabled", "SSESpecification", "Tags", "TableClass", "ContributorInsightsSpecification",
	},
	typeGlobalTable: {
		"TableName", "BillingMode", "SSESpecification", "WriteProvisionedThroughputSettings",
		"WriteOnDemandThroughputSettings", "WarmThroughput",
	},
	typeFunction: {
		"FunctionName", "Architectures", "Description", "Handler", "Tags", "TracingConfig", "EphemeralStorage",
		"PackageType", "RecursiveLoop", "RuntimeManagementConfig", "KmsKeyArn",
	},
	typeAPI:         {"Name", "Description", "Tags", "DisableExecuteApiEndpoint"},
	typeRoute:       {"ApiId", "OperationName", "ApiKeyRequired", "AuthorizerId"},
	typeIntegration: {"ApiId", "Description", "ConnectionType", "IntegrationMethod"},
	typeStage:       {"ApiId", "AutoDeploy", "Description", "Tags", "AccessLogSettings", "DefaultRouteSettings"},
	typeAuthorizer:  {"ApiId", "Name", "IdentitySource", "AuthorizerPayloadFormatVersion"},
	typeMapping:     {"Tags", "MetricsConfig", "KmsKeyArn"},
	typeAnswer:      {"ApiId", "RouteResponseKey"},
	typeBus:         {"Description", "KmsKeyIdentifier", "Tags", "LogConfig"},
	typeMachine: {
		"StateMachineName", "RoleArn", "Tags", "LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration",
	},
	typeQueue: {
		"QueueName", "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "Tags",
		"ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy",
	},
	typeBucket: {
		"BucketName", "BucketEncryption", "PublicAccessBlockConfiguration", "LifecycleConfiguration",
		"OwnershipControls", "Tags",
	},
	typeSchedule:      {"Name", "Description", "FlexibleTimeWindow", "KmsKeyArn"},
	typeScheduleGroup: {"Name", "Tags"},
}

// Types of resources that run.
const (
	typeTable       = "AWS::DynamoDB::Table"
	typeGlobalTable = "AWS::DynamoDB::GlobalTable"
	typeFunction    = "AWS::Lambda::Function"
	typeMapping     = "AWS::Lambda::EventSourceMapping"
	typeAPI         = "AWS::ApiGatewayV2::Api"
	typeRoute       = "AWS::ApiGatewayV2::Route"
	typeIntegration = "AWS::ApiGatewayV2::Integration"
	typeStage       = "AWS::ApiGatewayV2::Stage"
	typeAuthorizer  = "AWS::ApiGatewayV2::Authorizer"
	typeAnswer      = "AWS::ApiGatewayV2::RouteResponse"
	typeQueue       = "AWS::SQS::Queue"
	typeBucket      = "AWS::S3::Bucket"
	typeSchedule    = "AWS::Scheduler::Schedule"

	typeScheduleGroup = "AWS::Scheduler::ScheduleGroup"

	typeBus     = "AWS::Events::EventBus"
	typeMachine = "AWS::StepFunctions::StateMachine"
)

// idle are types of resources that need not run: they grant permissions, describe, or hold output.
var idle = []string{
	"AWS::IAM::", "AWS::Logs::LogGroup", "AWS::Lambda::Permission", "AWS::CDK::Metadata",
	"AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy", "AWS::KMS::", "AWS::SecretsManager::Secret",
	"AWS::Cognito::", // the local issuer replaces it
}

// running are the types that the local runner runs.
var running = []string{
	typeTable, typeGlobalTable, typeFunction, typeMapping, typeAPI, typeRoute, typeIntegration, typeStage, typeAuthorizer,
	typeAnswer, typeQueue, typeBucket, typeSchedule, typeScheduleGroup, typeBus, typeMachine,
}

// runs reports whether the local runner runs a resource's type.
func (s *stack) runs(r *resource) bool { return slices.Contains(running, r.Type) }

func (s *stack) addNotRun(system *System) error {
	for _, r := range s.Resources {
		needsNothing := slices.ContainsFunc(idle, func(prefix string) bool { return strings.HasPrefix(r.Type, prefix) })
		if !needsNothing && !s.runs(r) {
			s.notRun = append(s.notRun, r.Type)
		}
	}
	system.NotRun = append(system.NotRun, s.notRun...)
	return nil
}
