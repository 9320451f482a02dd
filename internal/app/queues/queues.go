// Package queues declares how functions learn of their queues. It is plain data: infra and the functions agree by it.
package queues

// CatchUpEnv is the environment variable that holds the URL of the catch-up queue.
const CatchUpEnv = "CATCH_UP_QUEUE_URL"
