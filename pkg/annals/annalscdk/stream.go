package annalscdk

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// subscribe lets functions receive the stream of the event table, and the queue of their jobs.
func (s *Service) subscribe() {
	s.StreamSubscriptions = map[annalsaws.Function]awslambda.EventSourceMapping{}
	s.JobSubscriptions = map[annalsaws.Function]awslambda.EventSourceMapping{}
	for _, f := range s.plan.subscribers() {
		s.JobSubscriptions[f.name] = s.subscribeToJobs(f)
		s.StreamSubscriptions[f.name] = s.subscribeToStream(f)
	}
}

func (s *Service) subscribeToStream(f function) awslambda.EventSourceMapping {
	made := named(awslambda.NewEventSourceMapping(s.Stack, jsii.String(pascal(f.name)+"Subscription"), &awslambda.EventSourceMappingProps{
		Target:         s.Functions[f.name].Lambda,
		EventSourceArn: s.Tables[annalsaws.Events.Name].TableStreamArn(),
		// LATEST could miss what is written while the mapping is made.
		StartingPosition: awslambda.StartingPosition_TRIM_HORIZON,
		BatchSize:        jsii.Number(100),
		// No window: a batch goes as soon as there is a record. Windows are whole seconds, for which every query
		// that waits for a
		// token would wait; batches become full by themselves where there is much to do.
		MaxBatchingWindow: awscdk.Duration_Seconds(jsii.Number(0)),
		Filters:           filters(f),
		// More lanes keep the order of an item only. A commit is an item, so they would run the commits of one
		// stream against each
		// other, which costs conflicts and reads. Parallelism is inside the function: streams of a batch side by side.
		ParallelizationFactor: jsii.Number(1),
		// The function answers with the record to go on from; a batch that crashes it is halved until the culprit
		// is alone.
		ReportBatchItemFailures: jsii.Bool(true),
		BisectBatchOnError:      jsii.Bool(true),
		// An outage may last for hours and must not use up attempts, so age alone limits them, well within the 24
		// hours that
		// the stream holds.
		RetryAttempts: jsii.Number(-1),
		MaxRecordAge:  awscdk.Duration_Hours(jsii.Number(6)),
		// How many records came, were filtered, failed, were given up: CloudWatch has none of that otherwise.
		MetricsConfig: &awslambda.MetricsConfig{Metrics: &[]awslambda.MetricType{awslambda.MetricType_EVENT_COUNT}},
	}))
	// CDK's own destination would grant the role more than it needs.
	made.Node().DefaultChild().(awslambda.CfnEventSourceMapping).SetDestinationConfig(
		&awslambda.CfnEventSourceMapping_DestinationConfigProperty{
			OnFailure: &awslambda.CfnEventSourceMapping_OnFailureProperty{Destination: s.Failures[f.name].BucketArn()},
		})
	return made
}

// maxFilters is how many filters a subscription has at most.
const maxFilters = 5

// filters are which records a function receives. Commits are only ever inserted; what else a record may be is
// tampering, and
// not for the projections to read; the function that guards receives it, of whatever stream. Nothing depends on
// the streams
// being sifted: it saves invocations. Lambda takes five filters: a function of more types than that receives all
// streams.
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
		all = append(all, awslambda.FilterCriteria_Filter(&map[string]any{"eventName": awslambda.FilterRule_Or(jsii.String("MODIFY"), jsii.String("REMOVE"))}))
	}
	return &all
}

func (s *Service) subscribeToJobs(f function) awslambda.EventSourceMapping {
	return named(awslambda.NewEventSourceMapping(s.Stack, jsii.String(jobQueues[f.name].id+"Subscription"), &awslambda.EventSourceMappingProps{
		Target:         s.Functions[f.name].Lambda,
		EventSourceArn: s.Queues[f.name].QueueArn(),
		BatchSize:      jsii.Number(10),
		// The function answers with the messages that failed; the others are done.
		ReportBatchItemFailures: jsii.Bool(true),
		// Bounds how much of the event table is read at once, and leaves most of the function's concurrency to the
		// stream.
		MaxConcurrency: jsii.Number(5),
	}))
}
