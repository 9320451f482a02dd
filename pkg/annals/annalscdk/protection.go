package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// forbidden are the actions on the event table that no principal may do: they change or remove stored events. An append
// is one PutItem, or PutItems in a transaction. PutItem can overwrite, and no policy can require a condition:
// overwriting is detected, not prevented. The policy itself and the table's other settings can still be changed by
// a principal that may deploy, so no one is locked out.
var forbidden = []string{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:PartiQLDelete",
	"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem", "dynamodb:UpdateTimeToLive",
}

// newEventPolicy denies some actions on the event table to all principals, whatever their own policies allow. Exempt
// are the role for emergencies and, if there are replicas, the role under which DynamoDB itself replicates.
func (s *Service) newEventPolicy(actions []string) awsiam.PolicyDocument {
	var exempt []string
	if s.Settings.BreakGlassRole != "" {
		exempt = append(exempt, s.Settings.BreakGlassRole)
	}
	if len(s.Settings.EventReplicas) > 0 {
		exempt = append(exempt, "arn:"+*s.Stack.Partition()+":iam::"+*s.Stack.Account()+
			":role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication")
	}
	props := &awsiam.PolicyStatementProps{
		Sid:        jsii.String("Immutable"),
		Effect:     awsiam.Effect_DENY,
		Actions:    jsii.Strings(actions...),
		Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
		Resources:  jsii.Strings("*"), // this table: its properties cannot refer to its own name
	}
	if len(exempt) > 0 {
		props.Conditions = &map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": exempt}}
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
		Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(props)},
	})
}

// addKey makes the tables' key, or uses the one in the settings.
func (s *Service) addKey() {
	switch s.Settings.TablesKey {
	case "":
	case OwnKey:
		s.TablesKey = named(awskms.NewKey(s.Stack, jsii.String("TablesKey"), &awskms.KeyProps{
			Description:       jsii.String("Encrypts the tables of " + s.name()),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     awscdk.RemovalPolicy_RETAIN, // without the key, the retained event table cannot be read
		}))
	default:
		s.TablesKey = awskms.Key_FromKeyArn(s.Stack, jsii.String("TablesKey"), jsii.String(s.Settings.TablesKey))
	}
}

// keyStatement allows using the key only through DynamoDB, which encrypts and decrypts on behalf of its callers.
func (s *Service) keyStatement() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(
			"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
		Resources: &[]*string{s.TablesKey.KeyArn()},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": "dynamodb." + *s.Stack.Region() + ".amazonaws.com"},
		},
	})
}

// newReplicas returns the replicas of a table in other regions.
func newReplicas(regions []string, policy awsiam.PolicyDocument) *[]*awsdynamodb.ReplicaTableProps {
	var replicas []*awsdynamodb.ReplicaTableProps
	for _, region := range regions {
		replicas = append(replicas, &awsdynamodb.ReplicaTableProps{Region: jsii.String(region), ResourcePolicy: policy})
	}
	return &replicas
}
