package runner

import (
	"fmt"
	"strings"

	"github.com/annals-es/annals/local/template"
)

// announce says that all is up, and what to try.
func (r *runner) announce(system *template.System) {
	var b strings.Builder
	if len(system.NotRun) > 0 {
		fmt.Fprintf(&b, "not run here: %s\n", strings.Join(system.NotRun, ", "))
	}
	if r.database != nil {
		fmt.Fprintf(&b, "DynamoDB Local is at %s, and listens on ALL network interfaces; its data are in %s\n", r.endpoint, r.data())
	} else {
		fmt.Fprintf(&b, "DynamoDB is at %s\n", r.endpoint)
	}
	for _, d := range system.Buses {
		fmt.Fprintf(&b, "events on the bus %s are appended to %s\n", d.Name, r.busFile(d))
	}
	if r.sockets != nil {
		fmt.Fprintf(&b, "socket %s\n", r.socketAddress())
	}
	if r.issuer != nil {
		fmt.Fprintf(&b, "tokens are asked for, those of %s: make token SUBJECT=ada\n", r.issuerAddress())
	} else {
		fmt.Fprintln(&b, "everybody is the developer, who may do everything; AUTH=on asks for tokens")
	}
	for _, c := range r.programs.all {
		fmt.Fprintf(&b, "beside %s%s\n", r.address(), c.path)
	}
	fmt.Fprintf(&b, "ready %s\n", r.address())
	for _, line := range try {
		fmt.Fprintln(&b, strings.ReplaceAll(line, "{API}", r.address()))
	}
	r.output.Lock()
	defer r.output.Unlock()
	fmt.Fprint(r.out, b.String())
}

// try are the first steps of somebody new. The keys make them repeatable.
var try = []string{
	`  curl -i {API}/accounts -H 'Content-Type: application/json' -H 'Idempotency-Key: try-account' -d '{"accountId":"ada","ownerName":"Ada Lovelace","initialDeposit":{"amount":"100.00","currency":"USD"}}'`,
	`  curl -i {API}/accounts/ada`,
	`  curl -i {API}/products -H 'Content-Type: application/json' -H 'Idempotency-Key: try-product' -d '{"productId":"tea","name":"Green tea","unitPrice":{"amount":"9.50","currency":"USD"}}'`,
	`  curl -i {API}/orders -H 'Content-Type: application/json' -H 'Idempotency-Key: try-order' -d '{"customerId":"ada","items":[{"productId":"tea","quantity":2}]}'`,
}
