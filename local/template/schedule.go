package template

import (
	"fmt"
	"time"

	"github.com/annals-es/annals/local/policy"
)

// DefaultScheduleGroup is the group that each account has, in addition to those of templates.
const DefaultScheduleGroup = "default"

// Scheduler is the service that assumes the roles of schedules.
const Scheduler = "scheduler.amazonaws.com"

// ScheduleGroup is a group of schedules of EventBridge Scheduler.
type ScheduleGroup struct {
	ID   string // logical id
	Name string
	ARN  string
}

// Schedule sends a message to a queue when it is due.
type Schedule struct {
	ID          string // logical id
	Name, Group string
	// Expression is rate(…), cron(…) or at(…), in the time zone with this name.
	Expression, Timezone string
	// Start and End are the limits for rate(…) and cron(…), if there are any.
	Start, End *time.Time
	Disabled   bool
	QueueARN   string
	RoleARN    string
	Input      string
}

// ScheduleRole is a role that a schedule may name.
type ScheduleRole struct {
	ID  string // logical id
	ARN string
	// Trust says whether EventBridge Scheduler may assume the role. Principal is a schedule that acts under it; it has no
	// policy if EventBridge Scheduler may not.
	Trust     policy.Trust
	Principal policy.Principal
}

type scheduleProperties struct {
	GroupName                  string
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	StartDate, EndDate         *time.Time
	State                      string
	Target                     struct{ Arn, RoleArn, Input string }
}

// groupOf is the name of a schedule's group.
func (s *stack) groupOf(r *resource, depth int) (string, error) {
	written, ok := r.Properties["GroupName"]
	if !ok {
		return DefaultScheduleGroup, nil
	}
	value, err := s.evaluate(written, depth+1)
	if err != nil {
		return "", fmt.Errorf("%s: GroupName: %w", r.id, err)
	}
	return text(value)
}

func (s *stack) addScheduleGroups(system *System) error {
	for _, r := range s.of(typeScheduleGroup) {
		if err := s.decode(r, &struct{}{}); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		system.ScheduleGroups = append(system.ScheduleGroups, ScheduleGroup{
			ID: r.id, Name: name, ARN: arn("scheduler", "schedule-group/"+name),
		})
	}
	return nil
}

// addSchedules adds the schedules whose target is a queue.
func (s *stack) addSchedules(system *System) error {
	for _, r := range s.of(typeSchedule) {
		p := scheduleProperties{GroupName: DefaultScheduleGroup, ScheduleExpressionTimezone: "UTC"}
		if err := s.decode(r, &p); err != nil {
			return err
		}
		name, err := s.physicalName(r, 0)
		if err != nil {
			return err
		}
		disabled := p.State == "DISABLED"
		switch {
		case system.queueAt(p.Target.Arn) != "":
			system.Schedules = append(system.Schedules, Schedule{
				ID: r.id, Name: name, Group: p.GroupName, Expression: p.ScheduleExpression,
				Timezone: p.ScheduleExpressionTimezone, Start: p.StartDate, End: p.EndDate, Disabled: disabled,
				QueueARN: p.Target.Arn, RoleARN: p.Target.RoleArn, Input: p.Target.Input,
			})
		case !disabled:
			s.notRun = append(s.notRun, fmt.Sprintf("%s to %s", typeSchedule, p.Target.Arn))
		}
	}
	return nil
}

// addScheduleRoles adds all roles: a schedule that a function makes may name any of them. The policy is read only of
// those that EventBridge Scheduler may assume.
func (s *stack) addScheduleRoles(system *System) error {
	for _, r := range s.of(typeRole) {
		name, err := s.physicalName(r, 0)
		if err != nil {
			continue // no schedule can name it
		}
		role := ScheduleRole{ID: r.id, ARN: roleARN(name)}
		if role.Trust, err = s.trust(r, Scheduler); err != nil {
			s.notEvaluated(r, fmt.Errorf("AssumeRolePolicyDocument: %w", err))
		}
		if len(role.Trust) > 0 {
			if role.Principal, err = s.principal(role.ARN, Scheduler); err != nil {
				return fmt.Errorf("%s (%s): %w", r.id, r.Type, err)
			}
		}
		system.ScheduleRoles = append(system.ScheduleRoles, role)
	}
	return nil
}

// trust reads what a role's trust policy says of a service.
func (s *stack) trust(r *resource, service string) (policy.Trust, error) {
	document, err := s.evaluate(r.Properties["AssumeRolePolicyDocument"], 0)
	if err != nil {
		return nil, err
	}
	return policy.ParseTrust(statementsOf(document), service)
}
