// Package access checks the AWS requests of local functions against the policies of their roles. Start with [New];
// [Control.DynamoDB] is a proxy that checks each request. A function is identified by the access key that signs it.
package access

import (
	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

// Own is the access key of the runner and of the operator's programs on this machine. They have no role and may do
// everything.
const Own = "local"

// Control decides which function may do what.
type Control struct {
	principals map[string]policy.Principal // functions, by access key, which is the logical id
	tables     map[string]policy.Policy    // resource policies, by the table's ARN
	units      units

	// Written is called with a table's ARN after a function wrote to the table. It must not block.
	Written func(table string)
}

// New reads the policies of roles and tables from a template.
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
