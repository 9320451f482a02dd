package queues

// The environment variables that hold the address of a function's bucket of what it could not process: the
// projector's, and the reactor's. An address is https://{bucket}.s3.{region}.{suffix}. An operator has both.
const (
	ProjectorFailuresEnv = "PROJECTOR_FAILURES_URL"
	ReactorFailuresEnv   = "REACTOR_FAILURES_URL"
)

// UnreadablePrefix begins the keys of the stream records that a function set aside because it can't read them. All
// other objects of the bucket are batches that Lambda gave up.
const UnreadablePrefix = "unreadable/"
