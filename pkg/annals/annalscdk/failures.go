package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// kept is for how many days a batch that was given up is kept: longer than the job that redrives it can be among
// the dead
// letters, and somebody takes to look. The events themselves are in the event table, for ever.
const kept = 30

// failuresEnv are the variables that tell the functions their buckets.
var failuresEnv = map[annalsaws.Function]string{
	annalsaws.Projector: annalsaws.ProjectorFailuresEnv, annalsaws.Reactor: annalsaws.ReactorFailuresEnv,
}

func (s *Service) addFailures() {
	s.Failures = map[annalsaws.Function]awss3.Bucket{}
	for _, f := range s.plan.subscribers() {
		s.Failures[f.name] = s.newFailures(f, s.Queues[f.name])
	}
}

// newFailures makes the bucket of the batches that a function's subscription gave up, whole: a queue would learn
// no more than
// where in the stream they were, which forgets after a day. Each one is told to the function's jobs, which redrive
// it. The
// function itself sets records aside there that it can't read; its jobs pass over what they are told of these.
//
// There are no versions: Lambda and the function write each object under a name of its own, and nobody else may
// write; older
// versions would only keep what is to expire. A stack that goes leaves the bucket, which then empties itself.
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
	// Of this account, not of this bucket: the bucket depends on the policy, because S3 tries the queue when it is
	// told of it.
	jobs.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{jobs.QueueArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Aws_ACCOUNT_ID()}},
	}))
	// CDK's own notifications would bring another function, which sets them up.
	made := bucket.Node().DefaultChild().(awss3.CfnBucket)
	made.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		QueueConfigurations: []any{&awss3.CfnBucket_QueueConfigurationProperty{
			Event: jsii.String("s3:ObjectCreated:*"), Queue: jobs.QueueArn(),
		}},
	})
	made.AddResourceDependency(jobs.Node().FindChild(jsii.String("Policy")).Node().DefaultChild().(awscdk.CfnResource), nil)
	s.output(id+"Name", bucket.BucketName(), "S3 bucket of the stream batches that the "+string(f.name)+" could not process")
	return bucket
}

// failureStatements allow what the event source mapping does under the function's role, which is to leave what it
// gives up, and
// what the function does with it.
func failureStatements(bucket awss3.Bucket) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"s3:ListBucket"}, bucket.BucketArn()), // Lambda asks for it
		allow([]string{"s3:GetObject", "s3:PutObject"}, bucket.ArnForObjects(jsii.String("*"))),
	}
}
