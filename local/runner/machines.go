package runner

import (
	"fmt"
	"path/filepath"

	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/states"
	"github.com/annals-es/annals/local/template"
)

// openMachines opens the template's state machines and serves them.
func (r *runner) openMachines(system *template.System, functions map[string]*lambda.Function) error {
	byARN := map[string]states.Function{}
	for _, f := range functions {
		byARN[f.ARN] = f
	}
	var all []*states.Machine
	for _, d := range system.Machines {
		m, err := states.Open(d.Name, d.ARN, d.Definition, filepath.Join(r.executions(), d.ID), byARN, r.log)
		if err != nil {
			return fmt.Errorf("%s: %w", d.ID, err)
		}
		all = append(all, m)
	}
	r.sfn.MayDo = r.gate.mayRun
	r.sfn.Serve(all...)
	return nil
}
