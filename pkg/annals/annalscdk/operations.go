package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// operated is what the people who run the service look at.
type operated struct {
	api       *string // its id
	functions map[string]awslambda.Function
	// subscriptions bring the event table's stream, by function.
	subscriptions map[string]awslambda.EventSourceMapping
	rebuilds      awsstepfunctions.StateMachine
	made          resources
}

// newOperations declares the topic of the alarms, the alarms and the dashboard.
func newOperations(stack awscdk.Stack, conf config, o operated) {
	topic := alarmTopic(stack, conf)
	for _, a := range alarmsOf(stack, o) {
		newAlarm(stack, topic, a)
	}
	newDashboard(stack, o)
}

// alarmTopic is where alarms go: the topic that the deployment names, else one of the stack's own.
func alarmTopic(stack awscdk.Stack, conf config) awssns.ITopic {
	if conf.alarmTopic != "" {
		return awssns.Topic_FromTopicArn(stack, jsii.String("AlarmTopic"), jsii.String(conf.alarmTopic))
	}
	topic := named(awssns.NewTopic(stack, jsii.String("AlarmTopic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)}))
	// A policy takes the place of the one that lets all of the account publish.
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": stack.Account()}},
	}))
	rename(topic.Node().FindChild(jsii.String("Policy")), "AlarmTopicPolicy")
	if conf.alarmEmail != "" {
		subscription := topic.AddSubscription(awssnssubscriptions.NewEmailSubscription(jsii.String(conf.alarmEmail), nil))
		rename(subscription, "AlarmEmail")
	}
	output(stack, "AlarmTopicArn", topic.TopicArn(), "SNS topic of the alarms")
	return topic
}

// telemetryEnvironment tells functions where metrics belong, and where traces go.
func telemetryEnvironment(stack awscdk.Stack, conf config) map[string]*string {
	env := map[string]*string{annalsaws.MetricsNamespaceEnv: stack.StackName()}
	if conf.otlpEndpoint != "" {
		env["OTEL_EXPORTER_OTLP_ENDPOINT"] = jsii.String(conf.otlpEndpoint)
	}
	return env
}

// metric is a metric of CloudWatch, over five minutes.
func metric(namespace, name, statistic string, dimensions map[string]*string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     jsii.String(namespace),
		MetricName:    jsii.String(name),
		Statistic:     jsii.String(statistic),
		DimensionsMap: &dimensions,
		Period:        awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

func (o operated) ofFunction(f function, name, statistic string) awscloudwatch.Metric {
	return metric("AWS/Lambda", name, statistic, map[string]*string{"FunctionName": o.functions[f.name].FunctionName()})
}

func (o operated) ofAPI(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/ApiGateway", name, statistic, map[string]*string{"ApiId": o.api})
}

// own is a metric that a function measures itself.
func (o operated) own(stack awscdk.Stack, f function, m *telemetry.Metric) awscloudwatch.Metric {
	return metric(*stack.StackName(), m.Name, statistic(m), map[string]*string{telemetry.Function: o.functions[f.name].FunctionName()})
}

func statistic(m *telemetry.Metric) string {
	if m.Largest {
		return "Maximum"
	}
	return "Sum"
}
