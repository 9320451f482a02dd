// Package bus emulates the part of Amazon EventBridge that sends events: PutEvents. Start with [Listen]. Each bus
// appends the events that it accepts to a file. Rules are not run: read the file to see the events.
package bus

// Limits of EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html. maxSize is the
// limit for a request.
const (
	maxEntries = 10
	maxSize    = 1 << 20
)

// Config describes a bus.
type Config struct {
	// Name and ARN are those of the bus on AWS.
	Name, ARN string
	// Full is the size in bytes at which the file is renamed. Default 64 MB, which is about 60,000 events.
	Full int64
}
