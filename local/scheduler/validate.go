package scheduler

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/annals-es/annals/local/schedule"
)

var namePattern = regexp.MustCompile(`^[0-9a-zA-Z-_.]{1,64}$`)

// checkName checks the name of a schedule or a group.
func checkName(what, name string) error {
	if !namePattern.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy "+
			"regular expression pattern: ^[0-9a-zA-Z-_.]+$ and have 1 to 64 characters", name, what)
	}
	return nil
}

// check checks a definition, except for its group and its role.
func (s *Scheduler) check(d Definition) error {
	if _, err := d.parse(time.Time{}); err != nil {
		return err
	}
	t := d.Target
	start, end := timeOf(d.StartDate), timeOf(d.EndDate)
	switch {
	case !start.IsZero() && !end.IsZero() && end.Before(start):
		return invalid("The EndDate you specify must come after the StartDate.")
	case d.State != enabled && d.State != disabled:
		return invalid("State is %q: use ENABLED or DISABLED", d.State)
	case d.ActionAfterCompletion != none && d.ActionAfterCompletion != remove:
		return invalid("ActionAfterCompletion is %q: use NONE or DELETE", d.ActionAfterCompletion)
	case s.config.Queues[t.Arn] == nil:
		return invalid("The target %q is not a queue of the template: only queues are supported locally", t.Arn)
	case t.RoleArn == "":
		return invalid("Target.RoleArn is empty: name a role that may send to the queue")
	case t.Input == "":
		return invalid("Target.Input is empty: a queue takes no empty message")
	case len(t.Input) > maxInput:
		return invalid("Target.Input has %d bytes: at most %d are possible", len(t.Input), maxInput)
	}
	return d.FlexibleTimeWindow.check()
}

func (w Window) check() error {
	switch {
	case w.Mode == off && w.MaximumWindowInMinutes == 0:
		return nil
	case w.Mode == off:
		return invalid("MaximumWindowInMinutes must not be provided when flexible time window mode is OFF.")
	case w.Mode != flexible:
		return invalid("FlexibleTimeWindow.Mode is %q: use OFF or FLEXIBLE", w.Mode)
	case w.MaximumWindowInMinutes < 1 || w.MaximumWindowInMinutes > 1440:
		return invalid("MaximumWindowInMinutes is %d: use 1 to 1440 with the mode FLEXIBLE", w.MaximumWindowInMinutes)
	}
	return nil
}

// parse reads the expression. A rate(…) counts from a time.
func (d Definition) parse(from time.Time) (schedule.Schedule, error) {
	zone, err := time.LoadLocation(d.ScheduleExpressionTimezone)
	if err != nil || d.ScheduleExpressionTimezone == time.Local.String() {
		return nil, invalid("Invalid ScheduleExpressionTimezone %s: use a name of the IANA time zone database, such as "+
			"Europe/Berlin", d.ScheduleExpressionTimezone)
	}
	when, err := schedule.Parse(d.ScheduleExpression, zone, from)
	if err != nil {
		return nil, invalid("Invalid Schedule Expression %s: %v", d.ScheduleExpression, err)
	}
	return when, nil
}

// checkGroup returns an error if a group does not exist.
func (s *Scheduler) checkGroup(name string) error {
	if name != Default && !slices.Contains(s.config.Groups, name) {
		return missing("Schedule group %s does not exist.", name)
	}
	return nil
}

// checkRole returns an error if a schedule with this definition may not send to its queue.
func (s *Scheduler) checkRole(d Definition) error {
	if s.config.CheckRole == nil {
		return nil
	}
	group := fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule-group/%s", s.config.Region, s.config.Account, d.GroupName)
	if err := s.config.CheckRole(d.Target.RoleArn, group, d.Target.Arn); err != nil {
		return invalid("%v", err)
	}
	return nil
}
