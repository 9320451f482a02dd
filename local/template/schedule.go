package template

import "fmt"

// Schedule sends a message to a queue when it is due.
type Schedule struct {
	ID string // logical id
	// Expression is rate(…), cron(…) or at(…), in the time zone with this name.
	Expression, Timezone string
	QueueID              string
	Input                string
}

type scheduleProperties struct {
	ScheduleExpression         string
	ScheduleExpressionTimezone string
	State                      string
	Target                     struct{ Arn, Input string }
}

// addSchedules adds the schedules whose target is a queue.
func (s *stack) addSchedules(system *System) error {
	for _, r := range s.of(typeSchedule) {
		var p scheduleProperties
		if err := s.decode(r, &p); err != nil {
			return err
		}
		if p.State == "DISABLED" {
			continue
		}
		queue := system.queueAt(p.Target.Arn)
		if queue == "" {
			s.notRun = append(s.notRun, fmt.Sprintf("%s to %s", typeSchedule, p.Target.Arn))
			continue
		}
		if p.ScheduleExpressionTimezone == "" {
			p.ScheduleExpressionTimezone = "UTC"
		}
		system.Schedules = append(system.Schedules, Schedule{
			ID: r.id, Expression: p.ScheduleExpression, Timezone: p.ScheduleExpressionTimezone, QueueID: queue,
			Input: p.Target.Input,
		})
	}
	return nil
}
