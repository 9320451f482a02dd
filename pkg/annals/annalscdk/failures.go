package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// kept is how many days a batch that was given up is kept: longer than the job that redrives it can stay in the
// dead-letter queue, plus time for a person to look. The events themselves stay in the event table forever.
const kept = 30

// failuresEnv are the variables with the buckets' names.
var failuresEnv = map[annalsaws.Function]string{
	annalsaws.Projector: annalsaws.ProjectorFailuresEnv, annalsaws.Reactor: annalsaws.ReactorFailuresEnv,
}

func (s *Service) addFailures() {
	s.Failures = map[annalsaws.Function]awss3.Bucket{}
	for _, f := range s.plan.subscribers() {
		s.Failures[f.name] = s.newFailures(f, s.Queues[f.name])
	}
}

// newFailures makes the bucket for the batches that a function's subscription gave up, with their content. A queue
// would only get their positions in the stream, whose records are deleted after a day. Each object sends a job to the
// function, which redrives the batch. The function itself stores records in the bucket that it cannot read; jobs about
// these are ignored.
//
// The bucket has no versions: Lambda and the function write each object under a new name, and no other principal may
// write. Old versions would only keep objects that should expire. If the stack is deleted, the bucket stays, and its
// objects expire.
func (s *Service) newFailures(f function, jobs awssqs.Queue) awss3.Bucket {
	id := pascal(f.name) + "Failures"
	bucket := named(awss3.NewBucket(s.Stack, jsii.String(id), &awss3.BucketProps{
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		EnforceSSL:        jsii.Bool(true),
		Versioned:         jsii.Bool(false),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		LifecycleRules:    &[]*awss3.LifecycleRule{{Expiration: awscdk.Duration_Days(jsii.Number(kept))}},
	}))
	rename(bucket.Node().FindChild(jsii.String("Policy")), id+"Policy")
	// The condition is the account, not the bucket: the bucket depends on this policy, because S3 checks the queue when
	// the notification is configured.
	jobs.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{jobs.QueueArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	// CDK's own notifications would add another function, which configures them.
	made := bucket.Node().DefaultChild().(awss3.CfnBucket)
	made.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		QueueConfigurations: []any{&awss3.CfnBucket_QueueConfigurationProperty{
			Event: jsii.String("s3:ObjectCreated:*"), Queue: jobs.QueueArn(),
		}},
	})
	made.AddResourceDependency(jobs.Node().FindChild(jsii.String("Policy")).Node().DefaultChild().(awscdk.CfnResource),
		nil)
	s.output(id+"Name", bucket.BucketName(), "S3 bucket of the stream batches that the "+string(f.name)+
		" could not process")
	return bucket
}

// failureStatements allow what the event source mapping does under the function's role, which is to store batches that
// it gives up, and what the function does with them.
func failureStatements(bucket awss3.Bucket) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"s3:ListBucket"}, bucket.BucketArn()), // Lambda requires it
		allow([]string{"s3:GetObject", "s3:PutObject"}, bucket.ArnForObjects(jsii.String("*"))),
	}
}
