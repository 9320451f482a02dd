package main

import (
	"context"
	"time"

	"github.com/annals-es/annals/pkg/es/reaction"
)

const (
	// late is how late a deadline may be. Without faults a deadline is a minute late at most.
	late = 15 * time.Minute
	// maxLate is how many deadlines of each timer are looked at.
	maxLate = 1000
)

// lateDeadlines counts the deadlines of a timer that failed, and those that are late and did not fail.
type lateDeadlines struct {
	failed, late           int
	firstFailed, firstLate reaction.OpenDeadline
	more                   bool
}

// deadlines checks that no deadline has failed, and that none is late.
func (d *doctor) deadlines(ctx context.Context) {
	for _, timer := range d.session.operator.timers {
		name := "deadlines of " + timer
		found, err := d.lateDeadlines(ctx, timer, time.Now())
		if err != nil {
			d.say(wrongResult, name, "Allow dynamodb:Query on the table of "+timer+" and on its index.", "%v", err)
			continue
		}
		if found.failed > 0 {
			d.say(wrongResult, name, "`annals deadlines list "+timer+" --failed` shows the errors. Correct the cause, and run "+
				"`annals deadlines run --failed "+timer+"`; or cancel them with `annals deadlines cancel`. See "+
				"docs/runbooks/failed-deadlines.md.",
				"%s failed, such as %s, due at %s: nothing runs them again", found.many(found.failed),
				found.firstFailed.Deadline, stamp(found.firstFailed.At))
		}
		if found.late > 0 {
			d.say(wrongResult, name, "`annals deadlines list "+timer+" --due` lists them. Check the errors and the queue of "+
				"the reactor function. If their messages or schedules are lost, `annals deadlines again "+timer+"` asks for "+
				"them again. See docs/runbooks/late-deadlines.md.",
				"%s more than %s overdue, such as %s, due at %s", found.are(found.late), span(late),
				found.firstLate.Deadline, stamp(found.firstLate.At))
		}
		if found.failed == 0 && found.late == 0 {
			d.say(okResult, name, "", "none failed, and none is more than %s overdue", span(late))
		}
	}
}

func (d *doctor) lateDeadlines(ctx context.Context, timer string, now time.Time) (found lateDeadlines, err error) {
	looked := 0
	for one, err := range d.session.operator.Deadlines(ctx, []string{timer}, now.Add(skew)) {
		if err != nil {
			return found, err
		}
		if looked++; looked > maxLate {
			found.more = true
			break
		}
		switch {
		case one.Failed != "":
			if found.failed++; found.failed == 1 || one.At.Before(found.firstFailed.At) {
				found.firstFailed = one
			}
		case now.Sub(one.At) > late:
			if found.late++; found.late == 1 || one.At.Before(found.firstLate.At) {
				found.firstLate = one
			}
		}
	}
	return found, nil
}

// many says how many deadlines there are: at least, if not all were looked at.
func (l lateDeadlines) many(n int) string {
	if l.more {
		return "at least " + plural(n, "deadline")
	}
	return plural(n, "deadline")
}

func (l lateDeadlines) are(n int) string {
	if n == 1 {
		return l.many(n) + " is"
	}
	return l.many(n) + " are"
}
