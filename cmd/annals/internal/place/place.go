// Package place finds the service that a tool works on: by its stack on AWS ([Stack]), by the runner on this machine
// ([Local]), or in a file ([File]). Each returns an [annalsaws.Located], which has all that a tool needs to know.
package place

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
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
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return l, fmt.Errorf("%s: more follows after the description of the service: want what `annals describe` prints, "+
			"and nothing else", name)
	}
	for variable := range l.Environment { // it comes from a file: it may set how AWS is reached, and nothing else
		if !strings.HasPrefix(variable, "AWS_") {
			return l, fmt.Errorf("%s: environment must not set %s: only variables that begin with AWS_ are allowed",
				name, variable)
		}
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
	if err := checkProjections(d.Service); err != nil {
		return fmt.Errorf("the description of the service in %s is damaged: %w", from, err)
	}
	return nil
}

// checkProjections tells whether an engine can be made of what is described.
func checkProjections(d annals.Description) error {
	all := slices.Clone(d.Reactions)
	for _, m := range d.ReadModels {
		all = append(all, m.Description)
	}
	names := map[string]bool{}
	for _, p := range all {
		if names[p.Name] {
			return fmt.Errorf("there are two projections %q", p.Name)
		}
		names[p.Name] = true
		if len(p.Folds) == 0 {
			return fmt.Errorf("projection %q has no folds", p.Name)
		}
		s := p.Subscription(dynamoview.New(nil, p.Name))
		if err := s.Check(); err != nil {
			return err
		}
	}
	return nil
}
