package main

import (
	"errors"
	"fmt"
)

// The exit codes.
const (
	exitFailed   = 1 // the command failed
	exitUsage    = 2 // the command line is wrong
	exitFindings = 3 // the command succeeded and found a problem

	exitInterrupted = 130 // SIGINT stopped it
	exitTerminated  = 143 // SIGTERM stopped it
)

// usageError is the error of a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// findings is the error of a command that succeeded and found a problem.
type findings struct{ error }

func (e findings) Unwrap() error { return e.error }

// usage and found make the two errors.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
func found(format string, args ...any) error { return findings{fmt.Errorf(format, args...)} }

// exitCode returns the exit code for an error, 0 for nil.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(usageError)):
		return exitUsage
	case errors.As(err, new(findings)):
		return exitFindings
	}
	return exitFailed
}
