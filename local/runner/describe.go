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
var errNotDescribed = errors.New("the template has no description of the service in its Metadata, under " +
	annalsaws.MetadataKey + ": annalscdk writes it; synthesize with a current version of it")

// describe answers at servicePath: the service, and where all that it has is.
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
			_ = json.NewEncoder(w).Encode(located) // an answer that can't be sent has nobody to be told
		}
	}
}

// locate reads the service's description, and puts in what its resources are called here.
//
// Errors: errNotDescribed; a description that can't be read.
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
