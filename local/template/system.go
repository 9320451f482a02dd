// Package template reads what CDK synthesized and says what has to run: tables, functions, the HTTP API, the WebSocket API and what
// subscribes to what. It knows the system by its template alone.
package template

// Where the system pretends to be.
const (
	Region    = "us-east-1"
	Account   = "000000000000"
	partition = "aws"
)

// System is everything that a synthesized folder declares and that can run here.
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
	Buses     []Bus
	Mappings  []Mapping
	// Machines are the state machines.
	Machines []Machine
	// QueueMappings are the mappings whose source is a queue.
	QueueMappings []QueueMapping
	// NotRun names, by type, the resources and properties that have no effect here but would have on AWS.
	NotRun []string
}
