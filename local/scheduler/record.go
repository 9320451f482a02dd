package scheduler

import (
	"strings"
	"time"

	"github.com/annals-es/annals/local/journal"
	"github.com/annals-es/annals/local/schedule"
)

// record is a schedule in the form in which the file has it. It is not changed: a change makes another.
type record struct {
	Name string
	Definition
	Created, Modified time.Time
	Token             string    `json:",omitempty"` // of the request that created it
	DeclaredAs        string    `json:",omitempty"` // its logical id, if the template declares it
	Ran               time.Time `json:",omitzero"`  // the latest time at which it was due and ran, since it was modified
	Completed         bool      `json:",omitempty"` // it does not run again

	when schedule.Schedule
}

// key identifies a schedule.
func (r *record) key() string { return r.GroupName + "/" + r.Name }

// entry is a line of the file. A schedule that ran is put again.
type entry struct {
	Put     *record `json:"put,omitempty"`
	Deleted string  `json:"deleted,omitempty"` // its key
}

// read returns the schedules in a file, by their keys.
func read(path string) (map[string]*record, error) {
	all := map[string]*record{}
	err := journal.Read(path, func(e entry) {
		if e.Put != nil {
			all[e.Put.key()] = e.Put
		}
		delete(all, e.Deleted)
	})
	return all, err
}

// from is the time from which a rate(…) counts. Without a StartDate it runs as soon as it is created.
func (r *record) from() time.Time {
	if start := timeOf(r.StartDate); !start.IsZero() {
		return start
	}
	return r.Created
}

// parse reads the expression.
func (r *record) parse() (err error) {
	r.when, err = r.Definition.parse(r.from())
	return err
}

// due is the next time at which the schedule is due, which may be in the past, or the zero time if there is none.
func (r *record) due() time.Time {
	switch {
	case r.State == disabled || r.Completed:
		return time.Time{}
	case r.once():
		return r.when.Next(time.Time{})
	case !r.Ran.IsZero():
		return r.after(r.Ran)
	case strings.HasPrefix(r.ScheduleExpression, "rate(") && !r.from().Before(r.Modified):
		return r.before(r.from())
	}
	return r.after(r.Modified)
}

// latest is the latest time up to now at which the schedule is due, if it is due at all.
func (r *record) latest(now time.Time) time.Time {
	due := r.due()
	for !r.once() && !due.IsZero() {
		next := r.after(due)
		if next.IsZero() || next.After(now) {
			break
		}
		due = next
	}
	return due
}

func (r *record) once() bool { return strings.HasPrefix(r.ScheduleExpression, "at(") }

// after is the next time after another at which a rate(…) or cron(…) is due.
func (r *record) after(t time.Time) time.Time {
	if start := timeOf(r.StartDate); start.After(t) {
		t = start.Add(-time.Nanosecond)
	}
	return r.before(r.when.Next(t))
}

// before returns the time, or the zero time if it is after the EndDate.
func (r *record) before(t time.Time) time.Time {
	if end := timeOf(r.EndDate); !end.IsZero() && t.After(end) {
		return time.Time{}
	}
	return t
}

// ran is the schedule after it ran for a time at which it was due.
func (r *record) ran(due time.Time) *record {
	next := *r
	next.Ran = due
	next.Completed = next.once() || next.due().IsZero()
	return &next
}
