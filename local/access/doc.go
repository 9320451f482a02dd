// Package access keeps functions to what their roles allow: it knows each by the key that its requests are signed with, and
// asks for what a request does.
package access

import (
	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// Own is the access key of the runner, and of programs on this machine that it told how to reach the tables. They may do
// everything: they have no role.
const Own = "local"

// Control knows who may do what.
type Control struct {
	principals map[string]policy.Principal // functions, by the access key that each signs with: its logical id
	tables     map[string]policy.Policy    // resource policies, by the table's ARN
	units      units

	// Written is called with the ARN of a table when a function has written to it. It must not block.
	Written func(table string)
}

// New reads who may do what from a template.
func New(system *template.System) *Control {
	c := &Control{Written: func(string) {}, principals: map[string]policy.Principal{}, tables: map[string]policy.Policy{}}
	for _, f := range system.Functions {
		c.principals[f.ID] = f.Principal
	}
	for _, t := range system.Tables {
		c.tables[t.ARN] = t.Policy
	}
	return c
}
