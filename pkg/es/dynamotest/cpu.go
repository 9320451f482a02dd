package dynamotest

import (
	"syscall"
	"testing"
)

// CPU starts to measure this process's processor time. The returned function reports it per operation of a benchmark,
// as cpu-ns/op. The time of DynamoDB Local, a process of its own, is not included. On a busy machine cpu-ns/op is more
// reliable than ns/op.
func CPU(b *testing.B) (report func()) {
	b.Helper()
	began := busy()
	return func() { b.ReportMetric(float64(busy()-began)/float64(b.N), "cpu-ns/op") }
}

func busy() int64 {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // fails only for invalid arguments
	return used.Utime.Nano() + used.Stime.Nano()
}
