// Package config lets constructors take their configuration, or none, and refuse mistakes.
package config

import (
	"errors"
	"fmt"
)

// Must panics with all errors that are not nil: those of a program's declarations and configurations.
func Must(mistakes ...error) {
	if err := errors.Join(mistakes...); err != nil {
		panic(err)
	}
}

// Only is the configuration that was given, or the zero one. It panics if there are several.
func Only[C any](given []C) (cfg C) {
	if len(given) > 1 {
		panic(fmt.Sprintf("%d configurations %T: give one", len(given), cfg))
	}
	if len(given) == 1 {
		cfg = given[0]
	}
	return cfg
}
