package runner

import (
	"fmt"
	"strings"

	"github.com/annals-es/annals/local/template"
)

// announce prints that the service runs, and commands to try.
func (r *runner) announce(system *template.System) {
	var b strings.Builder
	if len(system.NotRun) > 0 {
		fmt.Fprintf(&b, "not run locally: %s\n", strings.Join(system.NotRun, ", "))
	}
	if r.database != nil {
		fmt.Fprintf(&b, "DynamoDB Local is at %s and listens on ALL network interfaces; its data is in %s\n",
			r.endpoint, r.data())
	} else {
		fmt.Fprintf(&b, "DynamoDB is at %s\n", r.endpoint)
	}
	for _, s := range r.running {
		fmt.Fprintf(&b, "%s is at %s; its data is in %s\n", s.title, s.url, r.storeData(s.storeKind))
	}
	for _, d := range system.Buses {
		fmt.Fprintf(&b, "events on the bus %s are appended to %s\n", d.Name, r.busFile(d))
	}
	if r.sockets != nil {
		fmt.Fprintf(&b, "socket %s\n", r.socketAddress())
	}
	if r.issuer != nil {
		fmt.Fprintf(&b, "callers need a token from %s, which issues one to anyone, for any subject and scope\n",
			r.issuerAddress())
	} else {
		fmt.Fprintln(&b, "every caller is the developer and may do everything; to require tokens, start with AUTH=on")
	}
	for _, c := range r.programs.all {
		fmt.Fprintf(&b, "beside %s%s\n", r.address(), c.Path)
	}
	fmt.Fprintf(&b, "ready %s\n", r.address())
	for _, line := range r.try(system) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	r.output.Lock()
	defer r.output.Unlock()
	fmt.Fprint(r.out, b.String())
}
