// Package place finds the service that a tool works on: by its stack on AWS ([Stack]), by the runner on this machine
// ([Local]), or in a file ([File]). Each returns an [annalsaws.Located], which has all that a tool needs to know.
package place

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// File reads a service's description, as `annals describe` prints it. name is the file's name, for errors.
//
// Errors: one if the file has no such description, or one of a later version.
func File(r io.Reader, name string) (annalsaws.Located, error) {
	var l annalsaws.Located
	d := json.NewDecoder(r)
	if err := d.Decode(&l); err != nil {
		return l, fmt.Errorf("read the description of a service from %s: %w: want the output of `annals describe`", name, err)
	}
	return l, check(l.Description, name)
}

// check checks that this program can use a description. from is where it comes from, for errors.
func check(d annalsaws.Description, from string) error {
	switch {
	case d.Format < 1 || len(d.Resources.Tables) == 0:
		return fmt.Errorf("%s has no description of a service: want the output of `annals describe`", from)
	case d.Format > annalsaws.Format:
		return fmt.Errorf("the description of the service in %s has format %d, and this program reads %d: "+
			"install the version of annals that the service uses", from, d.Format, annalsaws.Format)
	}
	return nil
}
