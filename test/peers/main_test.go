package peers

import (
	"fmt"
	"os"
	"testing"
)

// TestMain moves to the root of the repository, where DynamoDB Local and the documentation are.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
