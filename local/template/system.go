// Package template reads synthesized CloudFormation templates and returns what has to run: tables, functions, APIs,
// queues, event source mappings and so on. Start with [Read].
package template

// The account, region and partition of a local run.
const (
	Region    = "us-east-1"
	Account   = "000000000000"
	partition = "aws"
)

// System is everything in a synthesized folder that can run locally.
type System struct {
	// Stacks are the templates, one a stack.
	Stacks    []Stack
	Tables    []Table
	Functions []Function
	APIs      []API
	Sockets   []Socket
	Queues    []Queue
	Buckets   []Bucket
	Schedules []Schedule
	// ScheduleGroups are the groups of schedules, ScheduleRoles the roles that schedules may name.
	ScheduleGroups []ScheduleGroup
	ScheduleRoles  []ScheduleRole
	Buses          []Bus
	Mappings       []Mapping
	// Machines are the state machines.
	Machines []Machine
	// QueueMappings are the mappings whose source is a queue.
	QueueMappings []QueueMapping
	// NotRun names, by type, the resources and properties that have an effect on AWS but none locally.
	NotRun []string
}
