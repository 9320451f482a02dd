// Command infra is the CDK app of a team that adds to the shop's stack, as docs/howto/add-to-the-stack.md shows it.
// test/emulator deploys it, and checks that each addition works.
package main

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambdaeventsources"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalscdk"
	"github.com/annals-es/annals/shop"
)

// The code of the team's functions, in Python: this project has no Go client of S3 or SSM.
var (
	//go:embed printer.py
	printer string
	//go:embed asks.py
	asks string
)

// main waits 3 seconds instead of 6 minutes until a person is forgotten.
func main() { annalscdk.Main(shop.New(), []byte(`{"default": {"forgetWait": 3}}`), add) }

func add(s *annalscdk.Service) error {
	addPhotos(s)
	letters := addLetters(s)
	allowHead(s)
	addAlarm(s, letters)
	for _, f := range []annalsaws.Function{annalsaws.Command, annalsaws.Reactor} {
		addAsks(s, f)
	}
	return nil
}

// addPhotos adds a bucket that commands read.
func addPhotos(s *annalscdk.Service) {
	command := s.Functions[annalsaws.Command]
	photos := awss3.NewBucket(s.Stack, jsii.String("Photos"), &awss3.BucketProps{
		EnforceSSL: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	photos.GrantRead(command.Lambda, nil)
	command.SetEnv("PHOTOS_BUCKET", photos.BucketName())
}

// addLetters adds a queue that reactions may send to, and a function that receives it and reads a read table.
func addLetters(s *annalscdk.Service) awssqs.Queue {
	reactor := s.Functions[annalsaws.Reactor]
	letters := awssqs.NewQueue(s.Stack, jsii.String("Letters"), &awssqs.QueueProps{EnforceSSL: jsii.Bool(true)})
	letters.GrantSendMessages(reactor.Lambda)
	reactor.SetEnv("LETTERS_QUEUE_URL", letters.QueueUrl())

	orders := s.Tables["orders"]
	receiver := awslambda.NewFunction(s.Stack, jsii.String("Printer"), &awslambda.FunctionProps{
		Runtime:     awslambda.Runtime_PYTHON_3_13(),
		Handler:     jsii.String("index.handler"),
		Code:        awslambda.Code_FromInline(&printer),
		Environment: &map[string]*string{"ORDERS_TABLE": orders.TableName()},
		LogGroup: awslogs.NewLogGroup(s.Stack, jsii.String("PrinterLogs"), &awslogs.LogGroupProps{
			RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
		}),
	})
	receiver.AddEventSource(awslambdaeventsources.NewSqsEventSource(letters, nil))
	orders.GrantReadData(receiver)
	return letters
}

// allowHead lets reactions read a parameter that is not of this stack: a statement for which there is no Grant method.
func allowHead(s *annalscdk.Service) {
	head := s.Stack.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("ssm"), Resource: jsii.String("parameter"), ResourceName: jsii.String("letters/head"),
	})
	s.Functions[annalsaws.Reactor].Allow([]string{"ssm:GetParameter"}, head)
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

// addAsks adds a function that has the role of one of the kit's functions, and sends the requests that it is told to:
// so test/emulator sees what the role allows.
func addAsks(s *annalscdk.Service, f annalsaws.Function) {
	awslambda.NewFunction(s.Stack, jsii.String("AsksAs"+annalsaws.Pascal(string(f))), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PYTHON_3_13(),
		Handler: jsii.String("index.handler"),
		Code:    awslambda.Code_FromInline(&asks),
		Role:    s.Functions[f].Role,
	})
}
