// Package config helps constructors with their optional configuration and with programming mistakes.
package config

import (
	"errors"
	"fmt"
)

// Must panics with all errors that are not nil, joined.
func Must(mistakes ...error) {
	if err := errors.Join(mistakes...); err != nil {
		panic(err)
	}
}

// Only returns the configuration that was given, or the zero value. It panics if more than one was given.
func Only[C any](given []C) (cfg C) {
	if len(given) > 1 {
		panic(fmt.Sprintf("%T: %d configurations given, want one at most", cfg, len(given)))
	}
	if len(given) == 1 {
		cfg = given[0]
	}
	return cfg
}
