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

// grant allows actions on tables. A transaction has no action of its own: it needs the actions of its items.
type grant struct {
	on      []annalsaws.Table
	actions []string
	// indexes is true if it may query the tables' indexes too. Writers need no permission for indexes: DynamoDB
	// maintains them.
	indexes bool
}

// newRole declares a function's role. The kit's permissions are inline, so they exist before anything can use the role.
// A team's grants go into a separate policy, which the function waits for. So no construct of the kit may use a Grant
// method: where CDK's would, the kit uses CloudFormation resources.
func (s *Service) newRole(f function, logs awslogs.LogGroup) awsiam.Role {
	statements := append(tableStatements(f.grants, s.Tables), logStatement(logs))
	if f.leavesTo != "" {
		statements = append(statements, allow([]string{"sqs:SendMessage"}, s.Queues[f.leavesTo].QueueArn()))
	}
	if f.subscribed {
		statements = append(statements, subscriptionStatements(s.Tables[annalsaws.Events.Name], s.Queues[f.name])...)
		statements = append(statements, failureStatements(s.Failures[f.name])...)
	}
	if s.TablesKey != nil {
		statements = append(statements, s.keyStatement())
	}
	if f.publishes {
		statements = append(statements, allow([]string{"events:PutEvents"}, s.EventBus.EventBusArn()))
	}
	if f.rebuilds {
		statements = append(statements, allow([]string{"states:StartExecution"}, s.rebuildMachineARN()))
	}
	if f.startsForgetting {
		statements = append(statements, allow([]string{"states:StartExecution"}, s.forgetMachineARN()))
	}
	if f.asksForDeadlines {
		statements = append(statements, s.deadlineStatements()...)
	}
	if f.posts {
		statements = append(statements, s.postStatement())
	}
	statements = append(statements, s.storesStatements(f)...)
	return named(awsiam.NewRole(s.Stack, jsii.String(pascal(f.name)+"Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Access": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}))
}

func tableStatements(grants []grant, stored map[string]awsdynamodb.TableV2) []awsiam.PolicyStatement {
	var statements []awsiam.PolicyStatement
	for _, g := range grants {
		if len(g.on) == 0 {
			continue
		}
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

// logStatement allows writing to one log group. AWS's managed policy for functions allows all log groups, and creating
// new ones.
func logStatement(logs awslogs.LogGroup) awsiam.PolicyStatement {
	return allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn())
}

// subscriptionStatements allow what the event source mappings do under the function's role: read the stream, and
// receive and delete messages of the queue.
func subscriptionStatements(events awsdynamodb.TableV2, jobs awssqs.Queue) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"},
			events.TableStreamArn()),
		// IAM has no resource for ListStreams: it can only be allowed on everything.
		allow([]string{"dynamodb:ListStreams"}, jsii.String("*")),
		allow([]string{"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}, jobs.QueueArn()),
	}
}

func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(actions...), Resources: &resources,
	})
}
