// Package place finds a service: by its stack on AWS, by the runner on this machine, or in a file. Each way returns an
// [annalsaws.Located], which says all that a tool needs to work on the service.
package place

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// File reads a service's description, as `annals describe` prints it. name is the file's name, for errors.
//
// Errors: what is no such description; a description of a later version.
func File(r io.Reader, name string) (annalsaws.Located, error) {
	var l annalsaws.Located
	d := json.NewDecoder(r)
	if err := d.Decode(&l); err != nil {
		return l, fmt.Errorf("read the description of a service from %s: %w: want what `annals describe` prints", name, err)
	}
	return l, check(l.Description, name)
}

// check tells whether this program understands a description from somewhere.
func check(d annalsaws.Description, from string) error {
	switch {
	case d.Format < 1 || len(d.Resources.Tables) == 0:
		return fmt.Errorf("%s is no description of a service: want what `annals describe` prints", from)
	case d.Format > annalsaws.Format:
		return fmt.Errorf("the description of the service in %s has format %d, and this program reads %d: "+
			"install the version of annals that the service uses", from, d.Format, annalsaws.Format)
	}
	return nil
}
