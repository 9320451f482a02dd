package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// grant allows actions on tables. A transaction has no action of its own: it needs the actions of the items that it holds.
type grant struct {
	on      []annalsaws.Table
	actions []string
	// indexes says that it may query the tables' indexes, too. Who writes needs no right to them: DynamoDB keeps them.
	indexes bool
}

// newRole declares a function's role. Its whole policy is inline, so nothing that uses the role can start before the policy
// is there; and it is closed, so CDK's constructs add nothing of their own to it.
func newRole(stack awscdk.Stack, f function, made resources, logs awslogs.LogGroup) awsiam.IRole {
	statements := append(tableStatements(f.grants, made.tables), logStatement(logs))
	if f.leavesTo != "" {
		statements = append(statements, allow([]string{"sqs:SendMessage"}, made.queues[f.leavesTo].jobs.QueueArn()))
	}
	if f.subscribed {
		statements = append(statements, subscriptionStatements(made.tables[annalsaws.Events.Name], made.queues[f.name].jobs)...)
		statements = append(statements, failureStatements(made.failures[f.name])...)
	}
	if made.key != nil {
		statements = append(statements, keyStatement(stack, made.key))
	}
	if f.publishes {
		statements = append(statements, allow([]string{"events:PutEvents"}, made.bus))
	}
	if f.rebuilds {
		statements = append(statements, allow([]string{"states:StartExecution"}, rebuildMachineARN(stack)))
	}
	if f.posts {
		statements = append(statements, postStatement(stack, made.stage))
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
		var arns, indexes []*string
		for _, table := range g.on {
			arn := stored[table.Name].TableArn()
			arns = append(arns, arn)
			for _, index := range table.Indexes {
				indexes = append(indexes, awscdk.Fn_Join(jsii.String(""), jsii.PtrSlice(*arn, "/index/"+index.Name)))
			}
		}
		statements = append(statements, allow(g.actions, arns...))
		if g.indexes && len(indexes) > 0 {
			statements = append(statements, allow([]string{"dynamodb:Query"}, indexes...))
		}
	}
	return statements
}

// logStatement allows writing to one log group. AWS's managed policy for functions would allow all of them, and new ones.
func logStatement(logs awslogs.LogGroup) awsiam.PolicyStatement {
	return allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn())
}

// subscriptionStatements allow what the event source mappings do under the function's role: read the stream, and work its queue
// off.
func subscriptionStatements(events awsdynamodb.TableV2, jobs awssqs.Queue) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}, events.TableStreamArn()),
		// IAM knows no resource for ListStreams: it allows it on everything or not at all.
		allow([]string{"dynamodb:ListStreams"}, jsii.String("*")),
		allow([]string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, jobs.QueueArn()),
	}
}

func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources})
}
