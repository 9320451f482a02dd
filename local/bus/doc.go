// Package bus is Amazon EventBridge on this machine: as much of its API as functions need to send events, and a file a bus of
// what was accepted. No rule is run: whoever wants to see the events reads the file.
package bus

// Limits of EventBridge: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html. The size is that of a
// request, which was 256 KB until January 2026.
const (
	maxEntries = 10
	maxSize    = 1 << 20
)

// Config describes a bus.
type Config struct {
	// Name is what it is called on AWS, ARN its address there.
	Name, ARN string
	// Full is how many bytes its file has before it is set aside. Default 64 MB, which are some 60,000 events.
	Full int64
}
