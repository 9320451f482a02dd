package runner

import (
	"errors"
	"path/filepath"

	"github.com/annals-es/annals/local/bus"
	"github.com/annals-es/annals/local/template"
)

// openBuses opens the template's buses and serves them.
func (r *runner) openBuses(system *template.System) error {
	for _, d := range system.Buses {
		b, err := bus.Open(r.busFile(d), bus.Config{Name: d.Name, ARN: d.ARN})
		if err != nil {
			return err
		}
		r.buses = append(r.buses, b)
	}
	r.events.MayPut = r.gate.mayPut
	r.events.Serve(r.buses...)
	return nil
}

// busFile is the file of a bus.
func (c config) busFile(d template.Bus) string { return filepath.Join(c.busFiles(), d.ID+".jsonl") }

func (r *runner) closeBuses() error {
	var failed error
	for _, b := range r.buses {
		failed = errors.Join(failed, b.Close())
	}
	return failed
}
