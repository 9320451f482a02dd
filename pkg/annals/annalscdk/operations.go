package annalscdk

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// addOperations declares the topic of the alarms, the alarms and the dashboard.
func (s *Service) addOperations() {
	s.AlarmTopic = s.newAlarmTopic()
	s.Alarms = map[string]awscloudwatch.Alarm{}
	for _, a := range s.alarms() {
		s.Alarms[a.id] = s.newAlarm(a)
	}
	s.addDashboard()
}

// newAlarmTopic returns the topic for alarms: the one in the settings, or a new one.
func (s *Service) newAlarmTopic() awssns.ITopic {
	if s.Settings.AlarmTopic != "" {
		return awssns.Topic_FromTopicArn(s.Stack, jsii.String("AlarmTopic"), jsii.String(s.Settings.AlarmTopic))
	}
	topic := named(awssns.NewTopic(s.Stack, jsii.String("AlarmTopic"), &awssns.TopicProps{EnforceSSL: jsii.Bool(true)}))
	// This policy replaces the default, which lets the whole account publish.
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": s.Stack.Account()}},
	}))
	rename(topic.Node().FindChild(jsii.String("Policy")), "AlarmTopicPolicy")
	if s.Settings.AlarmEmail != "" {
		subscription := topic.AddSubscription(
			awssnssubscriptions.NewEmailSubscription(jsii.String(s.Settings.AlarmEmail), nil),
		)
		rename(subscription, "AlarmEmail")
	}
	s.output("AlarmTopicArn", topic.TopicArn(), "SNS topic of the alarms")
	return topic
}

// otlpEndpointEnv holds the address that OpenTelemetry sends traces to.
const otlpEndpointEnv = "OTEL_EXPORTER_OTLP_ENDPOINT"

// telemetryEnvironment returns the variables for metrics and traces.
func (s *Service) telemetryEnvironment() map[string]*string {
	env := map[string]*string{annalsaws.MetricsNamespaceEnv: s.Stack.StackName()}
	if s.Settings.OTLPEndpoint != "" {
		env[otlpEndpointEnv] = jsii.String(s.Settings.OTLPEndpoint)
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

func (s *Service) ofFunction(f annalsaws.Function, name, statistic string) awscloudwatch.Metric {
	return metric("AWS/Lambda", name, statistic, map[string]*string{"FunctionName": s.Functions[f].Lambda.FunctionName()})
}

func (s *Service) ofAPI(name, statistic string) awscloudwatch.Metric {
	return metric("AWS/ApiGateway", name, statistic, map[string]*string{"ApiId": s.API.ApiId()})
}

// own is a metric that a function publishes itself.
func (s *Service) own(f annalsaws.Function, m *telemetry.Metric) awscloudwatch.Metric {
	return metric(*s.Stack.StackName(), m.Name, statistic(m), map[string]*string{
		telemetry.Function: s.Functions[f].Lambda.FunctionName(),
	})
}

func statistic(m *telemetry.Metric) string {
	if m.Largest {
		return "Maximum"
	}
	return "Sum"
}
