package telemetry

// Unit is a unit as CloudWatch names it.
type Unit string

// The units.
const (
	Count   Unit = "Count"
	Seconds Unit = "Seconds"
)

// The dimensions. A line has one; what it stands for has few values, which name nothing of a request.
const (
	// Function is the name of the Lambda function.
	Function = "Function"
	// Projection is the name of a read model or of a reaction.
	Projection = "Projection"
	// Either says that a metric is there twice: for each projection, and for the function with all of its projections.
	Either = "Function, and Projection"
)

// Metric is something that is measured.
type Metric struct {
	Name      string
	Unit      Unit
	Dimension string
	// Largest says that the largest value of an invocation is reported; else it is the sum.
	Largest bool
	// About is what it means, From where it comes from.
	About, From string
}

// The metrics, in the order of Metrics.
var (
	Accepted = &Metric{"Accepted", Count, Function, false,
		"commands that were done, or had been done before", "`annalslambda`: answers below 400"}
	Refused = &Metric{"Refused", Count, Function, false,
		"commands that a rule, a condition or their form forbade", "`annalslambda`: answers from 400 to 499"}
	Failed = &Metric{"Failed", Count, Function, false,
		"commands that failed on our side", "`annalslambda`: answers from 500"}
	Repeated = &Metric{"Repeated", Count, Function, false,
		"commands recognised as done before", "`es.Repeated`"}
	Conflicts = &Metric{"Conflicts", Count, Function, false,
		"appends that lost to another writer's", "`es.Conflicted`"}
	Retries = &Metric{"Retries", Count, Function, false,
		"decisions made once more, after a conflict or because what was in memory led to a refusal", "`es.DecidedAgain`"}
	StateCacheHits = &Metric{"StateCacheHits", Count, Function, false,
		"aggregates that a decision found in memory", "`es.StateCacheHit`"}
	StateCacheMisses = &Metric{"StateCacheMisses", Count, Function, false,
		"aggregates that were not in memory", "`es.StateCacheMiss`"}
	SnapshotHits = &Metric{"SnapshotHits", Count, Function, false,
		"aggregates folded on from a snapshot", "`es.SnapshotHit`"}
	SnapshotMisses = &Metric{"SnapshotMisses", Count, Function, false,
		"aggregates that have no snapshot", "`es.SnapshotMiss`"}
	SnapshotReplays = &Metric{"SnapshotReplays", Count, Function, false,
		"aggregates folded from their first event because their snapshot could not be used", "`es.SnapshotUnused`"}
	Throttles = &Metric{"Throttles", Count, Function, false,
		"attempts that AWS asked to be made later", "`annalslambda`: the SDK's calls"}
	ClockOffset = &Metric{"ClockOffset", Seconds, Function, true,
		"how far the clock of a process was off from DynamoDB's, which then recorded its commits", "`dynamostore.Config`"}
	CatchUps = &Metric{"CatchUps", Count, Function, false,
		"streams brought level by a job of the queue", "`annalslambda`: jobs done"}
	TamperedCommits = &Metric{"TamperedCommits", Count, Function, false,
		"records of the event table's stream that are no insertions: a stored commit was changed or removed", "`annalslambda`: the reactor's batches"}
	UnreadableRecords = &Metric{"UnreadableRecords", Count, Function, false,
		"records of the event table's stream that can't be read and were set aside", "`annalslambda`: batches of the stream"}
	ReconciledSegments = &Metric{"ReconciledSegments", Count, Function, false,
		"segments of the daily reconciliation that came to their end", "`projection.ReconcileConfig`"}
	HealedCheckpoints = &Metric{"HealedCheckpoints", Count, Function, false,
		"checkpoints that a reconciliation found behind, and brought level", "`projection.ReconcileConfig`"}
	ProjectionLag = &Metric{"ProjectionLag", Seconds, Either, true,
		"how old the last commit was when it came to be shown", "`projection.Observation`"}
	ProjectionLagVersions = &Metric{"ProjectionLagVersions", Count, Either, true,
		"by how many versions a stream was behind when it was brought forward", "`projection.Observation`"}
	ParkedStreams = &Metric{"ParkedStreams", Count, Either, false,
		"streams that were parked, or were delivered something while they wait", "`projection.Observation`"}
)

// Metrics are all metrics.
var Metrics = []*Metric{
	Accepted, Refused, Failed, Repeated, Conflicts, Retries, StateCacheHits, StateCacheMisses, SnapshotHits, SnapshotMisses, SnapshotReplays,
	Throttles, ClockOffset, CatchUps, TamperedCommits, UnreadableRecords, ReconciledSegments, HealedCheckpoints, ProjectionLag,
	ProjectionLagVersions, ParkedStreams,
}
