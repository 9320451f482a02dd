package runner

import (
	"github.com/annals-es/annals/local/invoke"
	"github.com/annals-es/annals/local/lambda"
	"github.com/annals-es/annals/local/template"
)

// openInvokes serves Lambda's Invoke API for the template's functions.
func (r *runner) openInvokes(system *template.System, functions map[string]*lambda.Function) {
	var all []invoke.Function
	for _, f := range system.Functions {
		all = append(all, invoke.Function{Name: f.Name, Reserved: f.Reserved >= 0, Invoker: functions[f.ID]})
	}
	r.invokes.MayInvoke = r.gate.mayInvoke
	r.invokes.Serve(all...)
}
