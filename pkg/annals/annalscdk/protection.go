package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// forbidden is what nobody may do with the event table: change or remove what is stored. Appending is one PutItem, or
// PutItems in a transaction. (PutItem may overwrite, and no policy can demand a condition of it: that is found,
// not prevented.)
// The policy itself, and the table's other settings, stay with whoever deploys: nobody is locked out.
var forbidden = []string{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable", "dynamodb:PartiQLDelete",
	"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:UpdateItem", "dynamodb:UpdateTimeToLive",
}

// newEventPolicy denies to everybody, whatever their own policies allow, some actions on the event table. Exempt
// are the role
// for emergencies and, where there are copies, the role under which DynamoDB itself keeps them level.
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
		Resources:  jsii.Strings("*"), // this table: its own name can't be in its own properties
	}
	if len(exempt) > 0 {
		props.Conditions = &map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": exempt}}
	}
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(props)}})
}

// addKey makes the key of the tables, or takes the one that the settings name.
func (s *Service) addKey() {
	switch s.Settings.TablesKey {
	case "":
	case OwnKey:
		s.TablesKey = named(awskms.NewKey(s.Stack, jsii.String("TablesKey"), &awskms.KeyProps{
			Description:       jsii.String("Encrypts the tables of " + s.name()),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     awscdk.RemovalPolicy_RETAIN, // without it, the event table that stays is lost
		}))
	default:
		s.TablesKey = awskms.Key_FromKeyArn(s.Stack, jsii.String("TablesKey"), jsii.String(s.Settings.TablesKey))
	}
}

// keyStatement allows using the key, by way of DynamoDB alone: it encrypts and decrypts on behalf of who asks.
func (s *Service) keyStatement() awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions: jsii.Strings(
			"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
		Resources:  &[]*string{s.TablesKey.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"kms:ViaService": "dynamodb." + *s.Stack.Region() + ".amazonaws.com"}},
	})
}

// newReplicas are the copies of a table in other regions.
func newReplicas(regions []string, policy awsiam.PolicyDocument) *[]*awsdynamodb.ReplicaTableProps {
	var replicas []*awsdynamodb.ReplicaTableProps
	for _, region := range regions {
		replicas = append(replicas, &awsdynamodb.ReplicaTableProps{Region: jsii.String(region), ResourcePolicy: policy})
	}
	return &replicas
}
