// Package lambda runs functions in the way of Lambda. Start with [NewHost] and [Host.Function].
//
// Each function has processes that run its bootstrap and fetch their work from the Lambda Runtime API. A process has
// one invocation at a time. If all are busy, another one is started. The most recently used process gets the next
// invocation. A process that died is replaced. Invocations beyond MaxProcesses wait: on Lambda, they would get more
// processes. Invocations beyond Concurrency are refused at once.
package lambda

import (
	"io"
	"time"
)

// MaxProcesses is the largest number of processes of a function.
const MaxProcesses = 10

// maxPayload is Lambda's limit for an event and for an answer, in bytes. The value is the one in Lambda's error
// messages.
const maxPayload = 6_291_556

// initTimeout is the limit for the time from a process's start to its first request for work.
const initTimeout = 10 * time.Second

// Config describes a function.
type Config struct {
	Name string
	ARN  string
	// Dir is the folder of the bootstrap.
	Dir      string
	Timeout  time.Duration
	MemoryMB int
	// Processes is the limit of processes; 0 means MaxProcesses.
	Processes int
	// Concurrency is the limit of concurrent invocations, including those that wait for a process. As on Lambda, 0
	// refuses all of them.
	Concurrency int
	// Env is added to the variables that Lambda sets: the function's own variables, and the endpoints of AWS's
	// services.
	Env    map[string]string
	Region string
	// LogFormat and LogLevel are those of the function's LoggingConfig. If empty, Lambda's defaults apply.
	LogFormat, LogLevel string
	// Stdout and Stderr receive the output of the processes, in whole lines.
	Stdout, Stderr io.Writer
}
