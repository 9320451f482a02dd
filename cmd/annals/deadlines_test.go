package main

import (
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/annalsaws/ask"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// newBills returns a fake of the service bills with four deadlines: "old" of Bill#1 and "late" of Bill#2 fail once they
// are delivered, "later" of Bill#1 and "letter" of Bill#2 are due in some days.
func newBills(t *testing.T) (f *fake, port string, broken *atomic.Bool) {
	t.Helper()
	broken = &atomic.Bool{}
	f, port = newFakeOf(t, bills(broken), nil)
	now := time.Now()
	f.asks(t, "1", billAsked{"dun", "later", now.Add(75*time.Hour + time.Minute)})
	f.asks(t, "1", billAsked{"dun", "old", now.Add(-26*time.Hour - time.Minute)})
	f.asks(t, "2", billAsked{"remind", "letter", now.Add(49*time.Hour + time.Minute)})
	f.asks(t, "2", billAsked{"dun", "late", now.Add(-time.Hour - time.Minute - time.Second)})
	broken.Store(true)
	step{"heal Bill#1", "is up to date", "", 0}.run(t, port)
	step{"heal Bill#2", "is up to date", "", 0}.run(t, port)
	f.tasks()
	return f, port, broken
}

// TestListDeadlines: the list is sorted over all timers, flags select, and the last line counts.
func TestListDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, _ := newBills(t)
	step{"deadlines list", "4 open: 2 overdue, 0 failed", "", 0}.run(t, port)
	f.deliver(t)
	f.tasks()
	for _, s := range []step{
		{
			"deadlines list",
			"TIMER   STREAM  DEADLINE  AT … DUE … ASKED AT   ERROR\ndun     Bill#1  old … 1d2h late  version 2  " +
				"the printer is on fire\n" +
				"dun     Bill#2  late … 1h1m late  version 2  the printer is on fire\n" +
				"remind  Bill#2  letter … in 2d1h    version 1  \ndun     Bill#1  later … in 3d3h    version 1  \n" +
				"4 open: 0 overdue, 2 failed\n", "", 0,
		},
		{"deadlines list remind", "\nremind  Bill#2  letter … \n1 open: 0 overdue, 0 failed\n", "", 0},
		{"deadlines list --due", "old … late … \n2 due: 0 overdue, 2 failed\n", "", 0},
		{"deadlines list --failed dun", "old … late … \n2 failed\n", "", 0},
		{"deadlines list --failed remind", "ERROR\n0 failed\n", "", 0},
		{"deadlines list --limit 1", "old … \n4 open: 0 overdue, 2 failed; the earliest 1 are shown\n", "", 0},
		{"deadlines list --stream Bill#2", "late … letter … \n2 open: 0 overdue, 1 failed\n", "", 0},
		{"deadlines list --stream Bill#none", "ERROR\n0 open: 0 overdue, 0 failed\n", "", 0},
		{
			"deadlines list -o json --limit 1",
			`{"timer":"dun","stream":"Bill#1","name":"old","at":"20 … ","version":2,"asked":"20 … ","overdue":false,` +
				`"failed":"the printer is on fire"}` + "\n", "", 0,
		},
		{"deadlines list nothing", "", `"nothing" is no timer: the service's timers are dun, remind`, 1},
		{"deadlines list --stream Bill", "", "want Type#id", 2},
		{"deadlines list --stream Order#1", "", "no deadlines of Order#1: events of Order ask for none in dun, remind", 1},
		{"deadlines list --limit -1", "", "--limit is -1: want a number from 1, or 0 for no limit", 2},
		{"deadlines list dun remind", "", "accepts at most 1 arg(s)", 2},
	} {
		s.run(t, port)
	}
	if out, err := line(t, port, "deadlines", "list", "-o", "json"); err != nil || strings.Count(out, "\n") != 4 {
		t.Errorf("deadlines list -o json printed %s, %v; want 4 lines", out, err)
	}
	if tasks := f.tasks(); len(tasks) > 0 {
		t.Errorf("lists asked functions for %v, want nothing", tasks)
	}
}

// TestRunDeadlines: deadlines are run and canceled, each command says what it did, and others are left alone.
func TestRunDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, broken := newBills(t)
	f.deliver(t)
	dun := func(args, fails string) step { return step{"deadlines " + args, "", fails, 1} }
	for _, s := range []step{
		dun("run dun Bill#1 old", "run dun: old of Bill#1: the printer is on fire"),
		{
			"deadlines run --failed", "Bill#1 … failed … on fire … \n2 had failed: 0 executed, 2 failed again",
			"2 of 2 deadlines failed again: correct the cause and run them again, or cancel them", 3,
		},
		dun("run dun Bill#1 none", `Bill#1 has no open deadline "none" in dun: it was executed, canceled or never asked for `+
			"(open: old, later)"),
		dun("cancel remind Bill#1 old", `Bill#1 has no open deadline "old" in remind: it was executed, canceled or never `+
			"asked for (open: none)"),
		dun("run none Bill#1 old", `"none" is no timer: the service's timers are dun, remind`),
		dun("cancel dun Order#1 old", "no deadlines of Order#1: events of Order ask for none in dun"),
		dun("again none", `"none" is no timer`),
		dun("run --failed none", `"none" is no timer`),
		{"deadlines run dun Bill#1", "", "want the timer, the stream and the deadline's name, or --failed", 2},
		{"deadlines run --failed dun Bill#1", "", "--failed takes a timer at most", 2},
		{"deadlines run dun Bill old", "", "want Type#id", 2},
		{"deadlines cancel dun Bill#1", "", "accepts 3 arg(s)", 2},
		{"deadlines again", "", "accepts 1 arg(s)", 2},
		{"deadlines nonsense", "", `there is no command "nonsense"`, 2},
		{"deadlines list", "4 open: 0 overdue, 2 failed", "", 0}, // none was changed
	} {
		s.run(t, port)
	}
	broken.Store(false)
	f.tasks()
	for _, s := range []step{
		{"deadlines run dun Bill#1 old", "dun: old of Bill#1: executed; it was due at 20 … (1d2h late)\n", "", 0},
		dun("run dun Bill#1 old", `no open deadline "old" in dun`),
		{"state Bill#1", "1", "", 0},
		{
			"deadlines cancel dun Bill#1 later -o json",
			`{"timer":"dun","stream":"Bill#1","name":"later", … ,"overdue":false,"result":"canceled"}`, "", 0,
		},
		{"deadlines again remind", "remind: asked again for 1 open deadline\n", "", 0},
		{"deadlines again dun -o json", `{"timer":"dun","deadlines":0}`, "", 0}, // the one that failed is left out
		{"deadlines run --failed dun", "Bill#2 … executed … 1 had failed: 1 executed, 0 failed again, 0 changed", "", 0},
		{"deadlines run --failed", "ERROR\n0 had failed", "", 0},
		{"deadlines list", "remind  Bill#2  letter … \n1 open: 0 overdue, 0 failed\n", "", 0},
		{"deadlines run remind Bill#2 letter", "remind: letter of Bill#2: executed; it was due at 20 … (in 2d1h)", "", 0},
	} {
		s.run(t, port)
	}
	if n := len(f.later.scheduled); n > 0 {
		t.Errorf("%d schedules are left, want none: all deadlines are done", n)
	}
	delete(f.located.Resources.Functions, annalsaws.Reactor)
	dun("again dun", "the service has no reactor function: deploy the stack again").run(t, port)
}

// TestParkedDeadlines: deadlines of a parked stream are not touched, because the reactor can't store the change.
func TestParkedDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, broken := newBills(t)
	f.deliver(t)
	broken.Store(false)
	f.asks(t, "1", billAsked{"dun", strings.Repeat("x", 101), time.Now()})
	step{"heal Bill#1 dun", "", "Bill#1 is parked in dun", 3}.run(t, port)
	f.tasks()
	const parked = "Bill#1 is parked in dun, so its deadlines can't be changed: " +
		"`annals parked retry dun Bill#1` retries it"
	for _, s := range []step{
		{"deadlines run dun Bill#1 old", "", parked, 1},
		{"deadlines cancel dun Bill#1 old", "", parked, 1},
		{"deadlines run --failed -o json", parked, "1 of 2 deadlines failed again", 3},
		{"deadlines list", "3 open: 0 overdue, 1 failed", "", 0},
	} {
		s.run(t, port)
	}
	if tasks := f.tasks(); len(tasks) != 1 || tasks[0] != ask.RunDeadline {
		t.Errorf("tasks %v, want the deadline of Bill#2 run, and nothing else", tasks)
	}
}

// TestChangedDeadlines: the list of failed deadlines is eventually consistent. What was executed, canceled or moved
// since is not run.
func TestChangedDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, broken := newBills(t)
	f.deliver(t)
	broken.Store(false)
	cmd := &cobra.Command{Use: "run"}
	cmd.SetContext(t.Context())
	o, err := (&cli{getenv: portOf(port), local: true}).operator(writer(cmd))
	if err != nil {
		t.Fatal(err)
	}
	listed, err := o.failedDeadlines(t.Context(), []string{"dun"}, time.Now())
	if err != nil || len(listed) != 2 {
		t.Fatalf("failed deadlines %v, %v; want 2", listed, err)
	}
	step{"deadlines cancel dun Bill#1 old", "canceled", "", 0}.run(t, port)
	f.asks(t, "2", billAsked{"dun", "late", time.Now().Add(time.Hour)})
	step{"heal Bill#2", "is up to date", "", 0}.run(t, port)
	for _, d := range listed {
		if result, err := o.runAgain(t.Context(), d); result != "changed" || err != nil {
			t.Errorf("run %s again: %s, %v; want changed", d.Deadline, result, err)
		}
	}
}

// TestDoctorOfDeadlines: the doctor warns about deadlines that failed or are late, and names the command to run.
func TestDoctorOfDeadlines(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, broken := newBills(t)
	step{
		"doctor", "wrong … deadlines of dun … 2 deadlines are more than 15m overdue, such as dun: old of Bill#1, due at " +
			"20 … ok … deadlines of remind … none failed … `annals deadlines again dun`", "found something wrong", 3,
	}.run(t, port)
	f.deliver(t)
	step{
		"doctor -o json", `"deadlines of dun","result":"wrong","detail":"2 deadlines failed, such as dun: old of ` +
			"Bill#1, due at 20 … run `annals deadlines run --failed dun`", "found something wrong", 3,
	}.run(t, port)
	broken.Store(false)
	step{"deadlines run --failed", "2 executed", "", 0}.run(t, port)
	out, _ := line(t, port, "doctor")
	if !strings.Contains(strings.Join(strings.Fields(out), " "), "ok deadlines of dun none failed") {
		t.Errorf("doctor printed %s, want all deadlines ok", out)
	}
}

// TestNoTimers: a service without timers has no deadlines.
func TestNoTimers(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port := newFakeOf(t, bills(&atomic.Bool{}), nil)
	f.located.Service.Timers = nil
	const none = "the service has no timers, because it declares no annals.Deadlines and no annals.Process"
	for _, s := range []step{
		{"deadlines list", none, "", 0},
		{"deadlines list --stream Bill#1", "", none, 1},
		{"deadlines list dun", "", `"dun" is no timer: ` + none, 1},
		{"deadlines run --failed", "0 had failed", "", 0},
		{"deadlines again dun", "", none, 1},
	} {
		s.run(t, port)
	}
}

// TestDeadlinesElsewhere: with a restored table in the environment, deadlines can be listed, and no function is asked.
func TestDeadlinesElsewhere(t *testing.T) { //nolint:paralleltest // sets the environment
	f, port, _ := newBills(t)
	table := dynamotest.Table(t, dynamotest.Client(t), annalsaws.TablesOf(f.located.Service)[0].Table)
	root := newRoot(func(name string) string { return map[string]string{"PORT": port, "TABLE_DUN": table}[name] })
	root.SetOut(&strings.Builder{})
	root.SetErr(&strings.Builder{})
	root.SetArgs([]string{"--local", "deadlines", "again", "dun"})
	err := root.ExecuteContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), "not "+table+", which TABLE_DUN names") {
		t.Errorf("again with TABLE_DUN set to another table: %v, want an error that names both tables", err)
	}
}

func TestDeadlineList(t *testing.T) {
	t.Parallel()
	l := deadlineList{limit: 3}
	start := time.Unix(0, 0)
	for i := range 5000 {
		l.add(deadline{Name: strconv.Itoa(i), At: start.Add(time.Duration((i*7919)%5000) * time.Second), Overdue: i%2 == 0})
	}
	l.sort()
	if got := l.summary(deadlineFilter{}); got != "5000 open: 2500 overdue, 0 failed; the earliest 3 are shown" {
		t.Errorf("summary %q", got)
	}
	for i, d := range l.all {
		if want := start.Add(time.Duration(i) * time.Second); !d.At.Equal(want) || len(l.all) != 3 {
			t.Errorf("deadline %d of %d is at %v, want %v of 3", i, len(l.all), d.At, want)
		}
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0s", 900 * time.Millisecond: "0s", 59 * time.Second: "59s", time.Minute: "1m", 61 * time.Second: "1m1s",
		15 * time.Minute: "15m", 3*time.Hour + 59*time.Minute: "3h59m", 24 * time.Hour: "1d",
		49*time.Hour + time.Minute: "2d1h",
	} {
		if got := span(d); got != want {
			t.Errorf("span of %v: %q, want %q", d, got, want)
		}
	}
}
