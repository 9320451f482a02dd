package annalscdk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/platform"
	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// panel is a chart of the dashboard, a third of a row wide.
type panel struct {
	title   string
	metrics []awscloudwatch.IMetric
}

// addDashboard declares the stack's dashboard: requests, writes, delays, waiting work and costs.
func (s *Service) addDashboard() {
	s.Dashboard = named(awscloudwatch.NewDashboard(s.Stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: s.Stack.StackName(),
	}))
	var row []awscloudwatch.IWidget
	for _, p := range s.panels() {
		row = append(row, awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: jsii.String(p.title), Left: &p.metrics, Width: jsii.Number(8),
		}))
		if len(row) == 3 {
			s.Dashboard.AddWidgets(row...)
			row = nil
		}
	}
	s.Dashboard.AddWidgets(append(row, awscloudwatch.NewSingleValueWidget(&awscloudwatch.SingleValueWidgetProps{
		Title:   jsii.String("US dollars a day, at list prices of " + platform.PricesOf),
		Metrics: &[]awscloudwatch.IMetric{s.costs()}, Width: jsii.Number(8), Period: awscdk.Duration_Days(jsii.Number(1)),
	}))...)
}

func (s *Service) panels() []panel {
	functions, subscribers := s.plan.functions, s.plan.subscribers()
	command, reactor := s.plan.function(annalsaws.Command), s.plan.function(annalsaws.Reactor)
	own := func(m *telemetry.Metric, of ...function) []awscloudwatch.IMetric {
		return each(of, func(f annalsaws.Function) awscloudwatch.IMetric { return s.own(f, m) })
	}
	lambda := func(name, statistic string, of ...function) []awscloudwatch.IMetric {
		return each(of, func(f annalsaws.Function) awscloudwatch.IMetric { return s.ofFunction(f, name, statistic) })
	}
	all := []panel{
		{"Requests", []awscloudwatch.IMetric{s.ofAPI("Count", "Sum"), s.ofAPI("4xx", "Sum"), s.ofAPI("5xx", "Sum")}},
		{"Latency of the API, ms", []awscloudwatch.IMetric{s.ofAPI("Latency", "p50"), s.ofAPI("Latency", "p99")}},
		{"Duration of functions, p99, ms", lambda("Duration", "p99", functions...)},
		{"Appends", s.appends()},
		{"Commands", append(own(telemetry.Accepted, command),
			append(own(telemetry.Refused, command), own(telemetry.Failed, command)...)...)},
		{
			"Conflicts and retried decisions",
			append(own(telemetry.Conflicts, command, reactor), own(telemetry.Retries, command, reactor)...),
		},
		{"Iterator age, ms", lambda("IteratorAge", "Maximum", subscribers...)},
		{"Projection lag, s", s.ofProjections(telemetry.ProjectionLag)},
		{"Projection lag, versions", s.ofProjections(telemetry.ProjectionLagVersions)},
		{"Parked streams", s.ofProjections(telemetry.ParkedStreams)},
		{"Jobs, dead letters and given-up batches", s.waiting()},
		{"Throttles", append(lambda("Throttles", "Sum", functions...), own(telemetry.Throttles, s.plan.measuring()...)...)},
		{"Aggregates in memory", append(own(telemetry.StateCacheHits, command), own(telemetry.StateCacheMisses, command)...)},
		{"Snapshots", append(own(telemetry.SnapshotHits, command),
			append(own(telemetry.SnapshotMisses, command), own(telemetry.SnapshotReplays, command)...)...)},
		{"Errors of functions", lambda("Errors", "Sum", functions...)},
	}
	if s.Declaration.HasDeadlines() {
		all = append(all, s.deadlinePanels()...)
	}
	if s.plan.elsewhere() {
		all = append(all, panel{"Stores away, s", own(telemetry.StoreAway, s.plan.function(annalsaws.Projector))})
	}
	return all
}

// appends are the metrics of writes to the event table, which are all appends.
func (s *Service) appends() []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, operation := range []string{"PutItem", "TransactWriteItems"} {
		all = append(all, metric("AWS/DynamoDB", "SuccessfulRequestLatency", "SampleCount", map[string]*string{
			"TableName": s.Tables[annalsaws.Events.Name].TableName(), "Operation": jsii.String(operation),
		}))
	}
	return all
}

func (s *Service) ofProjections(m *telemetry.Metric) []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, table := range slices.Concat(s.plan.readTables, s.plan.reactionTables) {
		all = append(all, metric(*s.Stack.StackName(), m.Name, statistic(m), map[string]*string{
			telemetry.Projection: jsii.String(table.Name),
		}))
	}
	return all
}

func (s *Service) waiting() []awscloudwatch.IMetric {
	var all []awscloudwatch.IMetric
	for _, f := range s.plan.subscribers() {
		all = append(all, visible(s.Queues[f.name]), visible(s.DeadLetters[f.name]), s.givenUp(f.name))
	}
	return all
}

// longestExpression is the limit for an expression: CloudWatch allows 2,048 characters, and the names of other
// expressions need some.
const longestExpression = 2000

// costs estimates the cost of a day, from consumption: units of all tables and their indexes, invocations and duration
// of all functions, and requests of the API. It leaves out storage, logs, metrics, backups and data transfer. A service
// with many tables needs the sum of several expressions.
func (s *Service) costs() awscloudwatch.IMetric {
	var sums []awscloudwatch.IMetric
	using := map[string]awscloudwatch.IMetric{}
	var terms string
	metrics := 0
	for _, c := range s.consumed() {
		id := fmt.Sprintf("m%d", metrics)
		metrics++
		term := fmt.Sprintf("FILL(%s, 0) * %.12f", id, c.price)
		if len(terms)+len(" + ")+len(term) > longestExpression {
			sums = append(sums, dollars(terms, using))
			terms, using = "", map[string]awscloudwatch.IMetric{}
		}
		if terms != "" {
			terms += " + "
		}
		terms += term
		using[id] = c.metric
	}
	sums = append(sums, dollars(terms, using))
	if len(sums) == 1 {
		return sums[0]
	}
	parts := map[string]awscloudwatch.IMetric{}
	var names []string
	for i, sum := range sums {
		names = append(names, fmt.Sprintf("part%d", i))
		parts[names[i]] = sum
	}
	return dollars(strings.Join(names, " + "), parts)
}

func dollars(expression string, using map[string]awscloudwatch.IMetric) awscloudwatch.IMetric {
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   jsii.String(expression),
		Label:        jsii.String("US dollars"),
		UsingMetrics: &using,
		Period:       awscdk.Duration_Days(jsii.Number(1)),
	})
}

// consumption is something that is billed by the unit.
type consumption struct {
	metric awscloudwatch.IMetric
	price  float64
}

func (s *Service) consumed() []consumption {
	var all []consumption
	for _, table := range slices.Concat([]annalsaws.Table{annalsaws.Events}, s.plan.keyTables, s.plan.derivedTables()) {
		for _, of := range consumers(table, s.Tables[table.Name].TableName()) {
			all = append(all,
				consumption{metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", of), platform.PerWriteUnit},
				consumption{metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", "Sum", of), platform.PerReadUnit})
		}
	}
	for _, f := range s.plan.functions {
		all = append(all, consumption{s.ofFunction(f.name, "Invocations", "Sum"), platform.PerInvocation},
			consumption{s.ofFunction(f.name, "Duration", "Sum"), f.memory / 1024 / 1000 * platform.PerGBSecond}) // milliseconds
	}
	return append(all, consumption{s.ofAPI("Count", "Sum"), platform.PerRequest})
}

// consumers returns the dimensions of everything that consumes a table's units: the table and each of its indexes.
func consumers(table annalsaws.Table, name *string) []map[string]*string {
	all := []map[string]*string{{"TableName": name}}
	for _, index := range table.Indexes {
		all = append(all, map[string]*string{"TableName": name, "GlobalSecondaryIndexName": jsii.String(index.Name)})
	}
	return all
}
