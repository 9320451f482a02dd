// Package lambda runs functions as Lambda does: each has processes of its own bootstrap, which fetch their work from the
// Lambda Runtime API. A process has one invocation at a time; another is started when all are busy; the one that was used
// last is used next; a dead one is replaced. Invocations beyond MaxProcesses wait: they stand for the processes that Lambda
// would add. Those beyond Concurrency are refused at once.
package lambda

import (
	"io"
	"time"
)

// MaxProcesses is how many processes a function gets at most.
const MaxProcesses = 10

// maxPayload is Lambda's limit for what goes into an invocation and what comes out of it, in bytes, as its errors name
// it.
const maxPayload = 6_291_556

// initTimeout is what a process has from its start to its first request for work.
const initTimeout = 10 * time.Second

// Config describes a function.
type Config struct {
	Name string
	ARN  string
	// Dir holds its bootstrap.
	Dir      string
	Timeout  time.Duration
	MemoryMB int
	// Processes bounds them; 0 means MaxProcesses.
	Processes int
	// Concurrency bounds its invocations at once, those included that wait for a process; 0 refuses all of them, as on Lambda.
	Concurrency int
	// Env is added to what Lambda itself sets: the function's own variables, and where AWS's services answer.
	Env    map[string]string
	Region string
	// LogFormat and LogLevel are those of its LoggingConfig; empty: Lambda's own.
	LogFormat, LogLevel string
	// Stdout and Stderr receive what its processes print, in whole lines.
	Stdout, Stderr io.Writer
}
