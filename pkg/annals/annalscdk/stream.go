package annalscdk

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// subscribe connects functions to the event table's stream, and to the queues of their jobs.
func (s *Service) subscribe() {
	s.StreamSubscriptions = map[annalsaws.Function]awslambda.EventSourceMapping{}
	s.JobSubscriptions = map[annalsaws.Function]awslambda.EventSourceMapping{}
	for _, f := range s.plan.subscribers() {
		s.JobSubscriptions[f.name] = s.subscribeToJobs(f)
		s.StreamSubscriptions[f.name] = s.subscribeToStream(f)
	}
}

func (s *Service) subscribeToStream(f function) awslambda.EventSourceMapping {
	made := named(awslambda.NewEventSourceMapping(s.Stack, jsii.String(pascal(f.name)+"Subscription"),
		&awslambda.EventSourceMappingProps{
			Target:         s.Functions[f.name].Lambda,
			EventSourceArn: s.Tables[annalsaws.Events.Name].TableStreamArn(),
			// LATEST could miss records that are written while the mapping is created.
			StartingPosition: awslambda.StartingPosition_TRIM_HORIZON,
			BatchSize:        jsii.Number(100),
			// There is no window: a batch is sent as soon as there is a record. Windows are whole seconds, and every query
			// that waits for a token would wait that long. Under load, batches fill up without a window.
			MaxBatchingWindow: awscdk.Duration_Seconds(jsii.Number(0)),
			Filters:           filters(f),
			// A higher factor keeps order only per item. A commit is an item, so it would process the commits of one stream
			// concurrently, which costs conflicts and reads. The function itself processes the streams of a batch in
			// parallel.
			ParallelizationFactor: jsii.Number(1),
			// The function answers with the record to continue from. A batch that crashes it is halved until the failing
			// record is alone.
			ReportBatchItemFailures: jsii.Bool(true),
			BisectBatchOnError:      jsii.Bool(true),
			// An outage can last for hours and must not use up attempts. So only age limits them, well within the 24 hours
			// that the stream keeps records.
			RetryAttempts: jsii.Number(-1),
			MaxRecordAge:  awscdk.Duration_Hours(jsii.Number(6)),
			// CloudWatch then counts records that arrived, were filtered, failed and were given up. By default it does not.
			MetricsConfig: &awslambda.MetricsConfig{Metrics: &[]awslambda.MetricType{awslambda.MetricType_EVENT_COUNT}},
		}))
	// CDK's own destination would grant the role more than it needs.
	made.Node().DefaultChild().(awslambda.CfnEventSourceMapping).SetDestinationConfig(
		&awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: s.Failures[f.name].BucketArn()},
		})
	return made
}

// maxFilters is the limit of filters for a subscription.
const maxFilters = 5

// filters select the records that a function receives. Commits are only ever inserted; any other record means
// tampering. It goes to the function that guards, for every stream, and not to projections. Filters save invocations,
// but correctness must not depend on them: Lambda allows five, so a function with more types receives all streams.
func filters(f function) *[]*map[string]any {
	inserted := map[string]any{"eventName": awslambda.FilterRule_IsEqual("INSERT")}
	var all []*map[string]any
	streams := f.streams
	if f.allStreams || len(streams)+1 > maxFilters {
		all, streams = append(all, awslambda.FilterCriteria_Filter(&inserted)), nil
	}
	for _, streamType := range streams {
		one := maps.Clone(inserted)
		one["dynamodb"] = map[string]any{"Keys": map[string]any{
			annalsaws.Events.Partition.Name: map[string]any{"S": awslambda.FilterRule_BeginsWith(jsii.String(streamType + "#"))},
		}}
		all = append(all, awslambda.FilterCriteria_Filter(&one))
	}
	if f.guards {
		all = append(all, awslambda.FilterCriteria_Filter(&map[string]any{
			"eventName": awslambda.FilterRule_Or(jsii.String("MODIFY"), jsii.String("REMOVE")),
		}))
	}
	return &all
}

func (s *Service) subscribeToJobs(f function) awslambda.EventSourceMapping {
	return named(awslambda.NewEventSourceMapping(s.Stack, jsii.String(jobQueues[f.name].id+"Subscription"),
		&awslambda.EventSourceMappingProps{
			Target:         s.Functions[f.name].Lambda,
			EventSourceArn: s.Queues[f.name].QueueArn(),
			BatchSize:      jsii.Number(10),
			// The function answers with the messages that failed; the others are done.
			ReportBatchItemFailures: jsii.Bool(true),
			// This limits how much of the event table is read at once, and leaves most of the function's concurrency to the
			// stream.
			MaxConcurrency: jsii.Number(5),
		}))
}
