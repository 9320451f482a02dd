package reaction_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// TestDeadlineUnits: what each step of a deadline consumes in the timer's table, as docs/howto/deadlines.md has it. The
// process has the stream in memory, except for the first event.
func TestDeadlineUnits(t *testing.T) {
	t.Parallel()
	var meter dynamotest.Meter
	client := dynamotest.Client(t, meter.Metered)
	w := newWorld(t)
	w.view = dynamoview.New(client, dynamotest.Table(t, client, dynamoview.IndexedReadTable))
	w.timer, w.engine = w.process()
	meter.Take()
	for _, step := range []struct {
		what string
		do   func()
		want string
	}{
		{"ask", func() { w.does(t, "a", billed{}) }, "1 read, 2 write"},
		{"move", func() { w.does(t, "a", extended{w.clock.Now().Add(2 * threeDays)}) }, "0 read, 3 write"},
		{"cancel", func() { w.does(t, "a", paid{}) }, "0 read, 2 write"},
		{"ask for another", func() { w.does(t, "b", billed{}) }, "1 read, 2 write"},
		{"fire", func() {
			w.clock.Advance(threeDays + time.Minute)
			want(t, "outcome", w.due(t), "b executed")
		}, "2 read, 2 write"},
		{"apply the command's event", func() { w.deliver(t, w.commits(t, "b")[1]) }, "1 read, 1 write"},
	} {
		step.do()
		used := meter.Take()
		want(t, step.what, fmt.Sprintf("%g read, %g write", used.ReadUnits, used.WriteUnits), step.want)
	}
}
