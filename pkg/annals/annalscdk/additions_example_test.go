package annalscdk_test

import (
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalscdk"
)

// add adds what a team's service needs beside the parts of the kit. Pass it to annalscdk.Main.
func add(s *annalscdk.Service) error {
	addPhotos(s)
	letters := addLetters(s)
	allowMail(s)
	addAlarm(s, letters)
	return nil
}

// addPhotos adds a bucket that commands read.
func addPhotos(s *annalscdk.Service) {
	command := s.Functions[annalsaws.Command]
	photos := awss3.NewBucket(s.Stack, jsii.String("Photos"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})
	photos.GrantRead(command.Lambda, nil)
	command.SetEnv("PHOTOS_BUCKET", photos.BucketName())
}

// addLetters adds a queue that reactions send to, and a function of the team's own that receives it and reads a read
// table.
func addLetters(s *annalscdk.Service) awssqs.Queue {
	reactor := s.Functions[annalsaws.Reactor]
	letters := awssqs.NewQueue(s.Stack, jsii.String("Letters"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	letters.GrantSendMessages(reactor.Lambda)
	reactor.SetEnv("LETTERS_QUEUE_URL", letters.QueueUrl())

	printer := awslambda.NewFunction(s.Stack, jsii.String("Printer"), &awslambda.FunctionProps{
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: s.Functions[annalsaws.Command].Lambda.Architecture(),
		Handler:      jsii.String("bootstrap"),
		Code: awslambda.Code_FromAsset(
			jsii.String(filepath.Join(s.Settings.BuildDir, s.Settings.Arch, "printer")), nil),
	})
	printer.AddEventSource(awslambdaeventsources.NewSqsEventSource(letters, nil))
	s.Tables["roster"].GrantReadData(printer)
	return letters
}

// allowMail lets reactions send mail: a statement for which CDK has no Grant method.
func allowMail(s *annalscdk.Service) {
	identity := s.Stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ses"), Resource: jsii.String("identity"), ResourceName: jsii.String("example.org"),
	})
	s.Functions[annalsaws.Reactor].Allow([]string{"ses:SendEmail"}, identity)
}

// addAlarm adds an alarm that goes to the topic of the kit's alarms.
func addAlarm(s *annalscdk.Service, letters awssqs.Queue) {
	s.Notify(awscloudwatch.NewAlarm(s.Stack, jsii.String("OldLetters"), &awscloudwatch.AlarmProps{
		AlarmDescription:  jsii.String("A letter has waited for an hour"),
		Metric:            letters.MetricApproximateAgeOfOldestMessage(nil),
		Threshold:         jsii.Number(3600),
		EvaluationPeriods: jsii.Number(1),
	}))
}
