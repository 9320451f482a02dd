package memkeys_test

import (
	"testing"

	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/keystest"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	keystest.Run(t, func(*testing.T) personal.Keys { return memkeys.New() })
}
