package main

import (
	"strings"
	"syscall"
	"testing"
)

// A function that does what its role does not allow is refused as on AWS, and what it wanted is not done.
func TestRolesAreKept(t *testing.T) {
	t.Parallel()
	p := launch(t, t.TempDir(), system(t), shared(t))
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	p.send("POST", "/items/kept")
	if status := p.send("DELETE", "/items/kept"); status != 500 {
		t.Errorf("deleted: %d", status)
	}
	const want = "is not authorized to perform: dynamodb:DeleteItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Sys"
	eventually(t, "it says why", func() bool { return strings.Contains(p.stderr()+p.stdout(), want) })
}
