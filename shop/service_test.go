package shop_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/shop"
)

// TestDeclaration: the declaration has no mistake.
func TestDeclaration(t *testing.T) {
	t.Parallel()
	if err := shop.New().Check(); err != nil {
		for mistake := range strings.SplitSeq(err.Error(), "\n") {
			t.Error(mistake)
		}
	}
}
