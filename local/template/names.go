package template

import (
	"fmt"
	"strings"
)

// nameProperty is the property that sets the physical name of a resource, by type. If it is not set, the name derives
// from the logical id, so that it is the same at every start.
var nameProperty = map[string]string{
	typeTable:       "TableName",
	typeGlobalTable: "TableName",
	typeFunction:    "FunctionName",
	typeQueue:       "QueueName",
	typeBucket:      "BucketName",
	typeBus:         "Name",
	typeMachine:     "StateMachineName",
	typeSchedule:    "Name",

	typeScheduleGroup: "Name",

	typeRole:              "RoleName",
	typeManagedPolicy:     "ManagedPolicyName",
	"AWS::Logs::LogGroup": "LogGroupName",
}

// physicalName is the name that the template sets, or a local one.
func (s *stack) physicalName(r *resource, depth int) (string, error) {
	explicit, ok := r.Properties[nameProperty[r.Type]]
	if !ok {
		return s.name + "-" + r.id, nil
	}
	value, err := s.evaluate(explicit, depth+1)
	if err != nil {
		return "", fmt.Errorf("%s: %w", r.id, err)
	}
	return text(value)
}

func (s *stack) ref(id string, depth int) (any, error) {
	switch id {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return partition, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	case "AWS::StackName":
		return s.name, nil
	case "AWS::StackId":
		return arn("cloudformation", "stack/"+s.name+"/local"), nil
	case "AWS::NoValue":
		return noValue{}, nil
	}
	if parameter, ok := s.Parameters[id]; ok {
		if parameter.Default == nil {
			return nil, fmt.Errorf("parameter %s has no default", id)
		}
		return parameter.Default, nil
	}
	r, ok := s.Resources[id]
	if !ok {
		return nil, fmt.Errorf("Ref of %s, which does not exist", id)
	}
	name, err := s.physicalName(r, depth)
	if err != nil {
		return nil, err
	}
	switch r.Type {
	case typeMachine:
		return arn("states", "stateMachine:"+name), nil
	case typeQueue:
		return s.options.SQSEndpoint + "/" + Account + "/" + name, nil
	case typeManagedPolicy:
		return managedPolicyARN(name), nil
	case "AWS::SNS::Topic":
		return arn("sns", name), nil
	}
	return name, nil
}

func (s *stack) getAtt(id, attribute string, depth int) (any, error) {
	r, ok := s.Resources[id]
	if !ok {
		return nil, fmt.Errorf("Fn::GetAtt of %s.%s, which does not exist", id, attribute)
	}
	name, err := s.physicalName(r, depth)
	if err != nil {
		return nil, err
	}
	switch r.Type + "." + attribute {
	case typeTable + ".Arn", typeGlobalTable + ".Arn":
		return TableARN(name), nil
	case typeTable + ".StreamArn", typeGlobalTable + ".StreamArn":
		return streamARN(name), nil
	case typeFunction + ".Arn":
		return arn("lambda", "function:"+name), nil
	case typeMachine + ".Arn":
		return s.ref(id, depth)
	case typeBus + ".Arn":
		return arn("events", "event-bus/"+name), nil
	case typeBus + ".Name", typeMachine + ".Name":
		return name, nil
	case typeScheduleGroup + ".Arn":
		return arn("scheduler", "schedule-group/"+name), nil
	case typeSchedule + ".Arn":
		group, err := s.groupOf(r, depth)
		return arn("scheduler", "schedule/"+group+"/"+name), err
	case typeQueue + ".Arn":
		return arn("sqs", name), nil
	case typeQueue + ".QueueName":
		return name, nil
	case typeQueue + ".QueueUrl":
		return s.ref(id, depth)
	case typeAPI + ".ApiEndpoint":
		if r.Properties["ProtocolType"] == webSocket {
			return s.options.SocketEndpoint, nil
		}
		return s.options.APIEndpoint, nil
	case typeAPI + ".ApiId":
		return name, nil
	case "AWS::Cognito::UserPool.ProviderURL":
		return "https://cognito-idp." + Region + ".amazonaws.com/" + name, nil
	case "AWS::IAM::Role.Arn":
		return roleARN(name), nil
	case "AWS::KMS::Key.Arn":
		return arn("kms", "key/"+name), nil
	case "AWS::Logs::LogGroup.Arn":
		return arn("logs", "log-group:"+name+":*"), nil
	case typeBucket + ".Arn":
		return bucketARN(name), nil
	case typeBucket + ".RegionalDomainName": // functions find it by AWS_ENDPOINT_URL_S3
		return name + ".s3." + Region + ".amazonaws.com", nil
	}
	if s.runs(r) {
		return nil, fmt.Errorf("Fn::GetAtt of %s.%s: this attribute of %s is not supported locally", id, attribute, r.Type)
	}
	return stranger(r.Type, name, attribute), nil
}

// stranger is an attribute of a resource that does not run locally: an ARN, or a host name that DNS does not resolve.
// So a function that uses it fails at once, with an error that has this name.
func stranger(kind, name, attribute string) string {
	if strings.HasSuffix(attribute, "Arn") {
		parts := strings.Split(kind, "::")
		return arn(strings.ToLower(parts[min(1, len(parts)-1)]), name)
	}
	return name + "." + attribute + ".invalid"
}

func managedPolicyARN(name string) string {
	return "arn:" + partition + ":iam::" + Account + ":policy/" + name
}

func roleARN(name string) string { return "arn:" + partition + ":iam::" + Account + ":role/" + name }

// TableARN is a table's ARN in policies.
func TableARN(name string) string { return arn("dynamodb", "table/"+name) }

// ExecuteARN is the ARN in policies of a connection or a route of an API's stage.
func ExecuteARN(api, stage, what string) string { return arn("execute-api", api+"/"+stage+"/"+what) }

// streamARN names a table's stream before it exists. The ARN on DynamoDB Local has the time of the stream's creation.
func streamARN(table string) string { return arn("dynamodb", "table/"+table+"/stream/latest") }

func arn(service, resource string) string {
	return strings.Join([]string{"arn", partition, service, Region, Account, resource}, ":")
}
