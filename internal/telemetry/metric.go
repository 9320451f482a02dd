package telemetry

// Unit is a unit, by CloudWatch's name.
type Unit string

// The units.
const (
	Count   Unit = "Count"
	Seconds Unit = "Seconds"
)

// The dimensions. A line has one of them. Their values are few and contain no data of requests.
const (
	// Function is the name of the Lambda function.
	Function = "Function"
	// Projection is the name of a read model or of a reaction.
	Projection = "Projection"
	// Either means that a metric is reported twice: for each projection, and for the function with all its projections.
	Either = "Function, and Projection"
)

// Metric is one metric in CloudWatch.
type Metric struct {
	Name      string
	Unit      Unit
	Dimension string
	// Largest is true if the largest value of an invocation is reported, else the sum is.
	Largest bool
	// About says what the metric means, From what measures it. Both are for the documentation.
	About, From string
}

// The metrics, in the order of [Metrics].
var (
	Accepted = &Metric{"Accepted", Count, Function, false,
		"commands that were stored, and repeats of commands that had been stored", "`annalslambda`: answers below 400"}
	Refused = &Metric{"Refused", Count, Function, false,
		"commands that were refused: malformed, against a rule, or a condition failed",
		"`annalslambda`: answers from 400 to 499"}
	Failed = &Metric{"Failed", Count, Function, false,
		"commands that failed because of the service", "`annalslambda`: answers from 500"}
	Repeated = &Metric{"Repeated", Count, Function, false,
		"commands that were recognized as repeats", "`es.Repeated`"}
	Conflicts = &Metric{"Conflicts", Count, Function, false,
		"appends that failed since another writer had appended first", "`es.Conflicted`"}
	Retries = &Metric{"Retries", Count, Function, false,
		"decisions that were repeated on the current state, after a conflict or after a refusal on cached state",
		"`es.DecidedAgain`"}
	StateCacheHits = &Metric{"StateCacheHits", Count, Function, false,
		"aggregates whose state a decision found in the cache", "`es.StateCacheHit`"}
	StateCacheMisses = &Metric{"StateCacheMisses", Count, Function, false,
		"aggregates whose state was not in the cache", "`es.StateCacheMiss`"}
	SnapshotHits = &Metric{"SnapshotHits", Count, Function, false,
		"aggregates that were folded from a snapshot on", "`es.SnapshotHit`"}
	SnapshotMisses = &Metric{"SnapshotMisses", Count, Function, false,
		"aggregates that have no snapshot", "`es.SnapshotMiss`"}
	SnapshotReplays = &Metric{"SnapshotReplays", Count, Function, false,
		"aggregates folded from their first event because their snapshot could not be used", "`es.SnapshotUnused`"}
	Throttles = &Metric{"Throttles", Count, Function, false,
		"requests to AWS that were throttled, by attempt", "`annalslambda`: the SDK's calls"}
	ClockOffset = &Metric{"ClockOffset", Seconds, Function, true,
		"how far the clock of a process was off from DynamoDB's; its commits then got DynamoDB's time",
		"`dynamostore.Config`"}
	CatchUps = &Metric{"CatchUps", Count, Function, false,
		"streams that a job of the queue caught up", "`annalslambda`: jobs done"}
	TamperedCommits = &Metric{"TamperedCommits", Count, Function, false,
		"records of the event table's stream that are not insertions: a stored commit was changed or removed",
		"`annalslambda`: the reactor's batches"}
	UnreadableRecords = &Metric{"UnreadableRecords", Count, Function, false,
		"records of the event table's stream that can't be decoded and were set aside",
		"`annalslambda`: batches of the stream"}
	ReconciledSegments = &Metric{"ReconciledSegments", Count, Function, false,
		"segments of the daily reconciliation that were completed", "`projection.ReconcileConfig`"}
	HealedCheckpoints = &Metric{"HealedCheckpoints", Count, Function, false,
		"checkpoints that a reconciliation found behind and caught up", "`projection.ReconcileConfig`"}
	DeadlinesExecuted = &Metric{"DeadlinesExecuted", Count, Function, false,
		"deadlines that were due, still wanted, and whose command was executed", "`reaction.Fired`"}
	DeadlinesFailed = &Metric{"DeadlinesFailed", Count, Function, false,
		"deadlines whose command failed for good: they stay open until an operator runs or cancels them", "`reaction.Fired`"}
	DeadlineLateness = &Metric{"DeadlineLateness", Seconds, Function, true,
		"how much later than asked the command of a deadline was executed", "`reaction.Fired`"}
	ProjectionLag = &Metric{"ProjectionLag", Seconds, Either, true,
		"age of the last commit when the projection had applied it", "`projection.Observation`"}
	ProjectionLagVersions = &Metric{"ProjectionLagVersions", Count, Either, true,
		"how many versions a stream was behind when the projection was updated", "`projection.Observation`"}
	ParkedStreams = &Metric{"ParkedStreams", Count, Either, false,
		"streams that were parked, and parked streams that got further events", "`projection.Observation`"}
	StoreAway = &Metric{"StoreAway", Seconds, Either, true,
		"for how long the store of a read model had been away, each time when it was asked and did not answer",
		"`projection.Observation`"}
)

// Metrics lists all metrics.
var Metrics = []*Metric{
	Accepted, Refused, Failed, Repeated, Conflicts, Retries, StateCacheHits, StateCacheMisses, SnapshotHits,
	SnapshotMisses, SnapshotReplays,
	Throttles, ClockOffset, CatchUps, TamperedCommits, UnreadableRecords, ReconciledSegments, HealedCheckpoints,
	DeadlinesExecuted, DeadlinesFailed, DeadlineLateness,
	ProjectionLag,
	ProjectionLagVersions, ParkedStreams, StoreAway,
}
