// Package queues declares how functions learn of what they leave work to, and of what was given up. It is plain data: infra and the
// functions agree by it.
package queues

// The environment variables that hold the URLs of queues: of what the projector left for later, and of what the reactor did.
const (
	CatchUpEnv  = "CATCH_UP_QUEUE_URL"
	ReactionEnv = "REACTION_QUEUE_URL"
)

// RebuildEnv is the environment variable that holds the ARN of the state machine that builds read models anew.
const RebuildEnv = "REBUILD_MACHINE_ARN"
