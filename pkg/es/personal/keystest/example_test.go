package keystest_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/keystest"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// The test of a store of keys. Each test of the suite opens an empty store.
func Example() {
	_ = func(t *testing.T) { // func TestKeys(t *testing.T)
		keystest.Run(t, func(*testing.T) personal.Keys { return memkeys.New() })
	}
	// Output:
}
