package main

import (
	"errors"
	"fmt"
)

// The exit codes.
const (
	exitFailed   = 1 // it could not be done
	exitUsage    = 2 // the command line is wrong
	exitFindings = 3 // it was done, and what was looked at is not as it should be

	exitInterrupted = 130 // SIGINT stopped it
	exitTerminated  = 143 // SIGTERM stopped it
)

// usageError says that a command line is wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// findings says that what was looked at is not as it should be.
type findings struct{ error }

func (e findings) Unwrap() error { return e.error }

// usage and found are the two as errors.
func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
func found(format string, args ...any) error { return findings{fmt.Errorf(format, args...)} }

// exitCode is the exit code of an error, 0 of none.
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
