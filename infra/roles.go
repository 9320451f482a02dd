package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/readmodel/tables"
)

// grant allows actions on tables. A transaction has no action of its own: it needs the actions of the items that it holds.
type grant struct {
	on      []tables.Table
	actions []string
}

// newRole declares a function's role. Its whole policy is inline, so nothing that uses the role can start before the policy
// is there; and it is closed, so CDK's constructs add nothing of their own to it.
func newRole(
	stack awscdk.Stack, f function, stored storedTables, logs awslogs.LogGroup, failures awssqs.Queue,
	stage awsapigatewayv2.WebSocketStage,
) awsiam.IRole {
	statements := append(tableStatements(f.grants, stored), logStatement(logs))
	if f.subscribed {
		statements = append(statements, subscriptionStatements(stored[tables.Events.Name], failures)...)
	}
	if f.posts {
		statements = append(statements, postStatement(stack, stage))
	}
	role := named(awsiam.NewRole(stack, jsii.String(pascal(f.name)+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}))
	return role.WithoutPolicyUpdates(nil)
}

func tableStatements(grants []grant, stored storedTables) []awsiam.PolicyStatement {
	var statements []awsiam.PolicyStatement
	for _, g := range grants {
		var arns []*string
		for _, table := range g.on {
			arns = append(arns, stored[table.Name].TableArn())
		}
		statements = append(statements, allow(g.actions, arns...))
	}
	return statements
}

// logStatement allows writing to one log group. AWS's managed policy for functions would allow all of them, and new ones.
func logStatement(logs awslogs.LogGroup) awsiam.PolicyStatement {
	return allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn())
}

// subscriptionStatements allow what the event source mapping does under the function's role: read the stream, and report
// the batches that it gives up.
func subscriptionStatements(events awsdynamodb.TableV2, failures awssqs.Queue) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}, events.TableStreamArn()),
		// IAM knows no resource for ListStreams: it allows it on everything or not at all.
		allow([]string{"dynamodb:ListStreams"}, jsii.String("*")),
		allow([]string{"sqs:SendMessage"}, failures.QueueArn()),
	}
}

func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources})
}
