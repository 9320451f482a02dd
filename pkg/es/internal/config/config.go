// Package config lets constructors take their configuration, or none.
package config

import "fmt"

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
