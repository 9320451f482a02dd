package runner

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/annals-es/annals/local/template"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// errNotDescribed is returned for a template that annalscdk did not write.
var errNotDescribed = errors.New("the template's Metadata has no description of the service under " +
	annalsaws.MetadataKey + ": synthesize it with a current version of annalscdk, which writes it")

// describe answers at servicePath with the service's description and the physical ids of its resources.
func (r *runner) describe(system *template.System) http.HandlerFunc {
	located, err := r.locate(system)
	return func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case errors.Is(err, errNotDescribed):
			http.Error(w, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(located) // fails only if the client disconnected
		}
	}
}

// locate reads the service's description, and adds the local names of its resources.
//
// Errors: errNotDescribed; one that says why the description cannot be read.
func (r *runner) locate(system *template.System) (annalsaws.Located, error) {
	for _, s := range system.Stacks {
		text, ok := s.Metadata[annalsaws.MetadataKey]
		if !ok {
			continue
		}
		var d annalsaws.Description
		if err := json.Unmarshal(text, &d); err != nil {
			return annalsaws.Located{}, fmt.Errorf("read the service's description in the Metadata of %s: %w", s.Name, err)
		}
		if d.Format > annalsaws.Format {
			return annalsaws.Located{}, fmt.Errorf("the service's description in the Metadata of %s has format %d, and this "+
				"runner reads %d: use the version of annals that the service uses", s.Name, d.Format, annalsaws.Format)
		}
		physical := func(id string) string { return s.Physical[id] }
		return annalsaws.Located{Place: r.address(), Environment: r.operator(), Description: d.Resolved(physical)}, nil
	}
	return annalsaws.Located{}, errNotDescribed
}
