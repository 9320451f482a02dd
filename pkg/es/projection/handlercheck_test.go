package projection_test

import (
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
)

// typed is a handler that says that it knows these types.
type typed struct {
	picky
	types map[string][]es.StoredType
}

func (h *typed) StoredTypes() map[string][]es.StoredType { return h.types }

// TestHandlerTellsItsTypes: a handler whose description would say that it reads nothing, or what it does not read, is
// refused.
func TestHandlerTellsItsTypes(t *testing.T) {
	t.Parallel()
	for want, types := range map[string]map[string][]es.StoredType{
		"":                                     {"Note": nil},
		`handler "log" reads no streams`:       {},
		`does not read streams of type "Else"`: {"Note": nil, "Else": nil},
	} {
		err := projection.FromHandler(&typed{types: types}).Check()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("check the handlers: %v, want %q", err, want)
		}
	}
}
