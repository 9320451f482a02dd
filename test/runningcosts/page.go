package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
)

// page has the documented costs of operations.
type page struct {
	file  string
	costs map[string]spent
}

// readPage reads the first table of a page that has each operation: requests, write units, read units.
func readPage(file string) (page, error) {
	text, err := os.ReadFile(file)
	p := page{file, map[string]spent{}}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		var s spent
		if len(cells) < 4 {
			continue
		}
		name := strings.TrimSpace(cells[0])
		if _, there := p.costs[name]; there {
			continue
		}
		if _, err := fmt.Sscan(cells[1]+cells[2]+cells[3], &s.requests, &s.writes, &s.reads); err == nil {
			p.costs[name] = s
		}
	}
	return p, err
}

// compare returns an error if the costs of an operation differ from the page. If the client waits, every commit is a
// batch of its own, and the costs are always the same. If it does not wait, the costs depend on how many commits a
// batch has, which are fewer on a fast machine. Then only much higher costs are an error.
func (p page) compare(operation string, got spent, waits bool) error {
	said, there := p.costs[operation]
	if !there {
		return fmt.Errorf("%s has no costs of %q", p.file, operation)
	}
	var errs []error
	for _, one := range []struct {
		what      string
		got, said float64
	}{
		{"requests", got.requests, said.requests},
		{"write units", got.writes, said.writes}, {"read units", got.reads, said.reads},
	} {
		tolerance := 0.3 + 0.02*one.said
		if !waits {
			tolerance = 0.5 + 0.3*one.said
		}
		if one.got > one.said+tolerance || waits && math.Abs(one.got-one.said) > tolerance {
			errs = append(errs, fmt.Errorf("%s: %.1f %s, but %s says %.1f", operation, one.got, one.what, p.file, one.said))
		}
	}
	return errors.Join(errs...)
}
