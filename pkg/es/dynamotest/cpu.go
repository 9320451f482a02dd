package dynamotest

import (
	"syscall"
	"testing"
)

// CPU begins to count the processor time of this process, and returns what reports it for each operation of a benchmark, as
// cpu-ns/op. DynamoDB Local, which is a process of its own, is not in it: on a busy machine it says more than the time does.
func CPU(b *testing.B) (report func()) {
	b.Helper()
	began := busy()
	return func() { b.ReportMetric(float64(busy()-began)/float64(b.N), "cpu-ns/op") }
}

func busy() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // fails for other arguments only
	return used.Utime.Nano() + used.Stime.Nano()
}
