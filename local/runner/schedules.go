package runner

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/scheduler"
	"github.com/annals-es/annals/local/template"
)

// openSchedules opens the template's schedules, with those that functions made, and serves them.
func (r *runner) openSchedules(ctx context.Context, system *template.System) error {
	c := scheduler.Config{
		Account: template.Account, Region: template.Region, Queues: map[string]scheduler.Queue{},
		CheckRole: func(role, group, queue string) error { return checkScheduleRole(system, role, group, queue) },
	}
	for _, g := range system.ScheduleGroups {
		c.Groups = append(c.Groups, g.Name)
	}
	for _, q := range system.Queues {
		c.Queues[q.ARN] = r.queues[q.ID]
	}
	var declared []scheduler.Declared
	for _, d := range system.Schedules {
		declared = append(declared, declare(d))
	}
	var err error
	file := filepath.Join(r.scheduleFiles(), "schedules.jsonl")
	if r.scheduler, err = scheduler.Open(ctx, file, c, declared, r.log); err != nil {
		return err
	}
	r.schedules.MayDo = r.gate.maySchedule
	r.schedules.Serve(r.scheduler)
	return nil
}

// declare returns a schedule of the template in the form of the API.
func declare(d template.Schedule) scheduler.Declared {
	state := "ENABLED"
	if d.Disabled {
		state = "DISABLED"
	}
	return scheduler.Declared{ID: d.ID, Name: d.Name, Definition: scheduler.Definition{
		GroupName: d.Group, ScheduleExpression: d.Expression, ScheduleExpressionTimezone: d.Timezone,
		StartDate: seconds(d.Start), EndDate: seconds(d.End), State: state,
		FlexibleTimeWindow: scheduler.Window{Mode: "OFF"}, // also for a window: its beginning is in it
		Target:             scheduler.Target{Arn: d.QueueARN, RoleArn: d.RoleARN, Input: d.Input},
	}}
}

func seconds(t *time.Time) *float64 {
	if t == nil {
		return nil
	}
	return scheduler.Seconds(*t)
}

// checkScheduleRole returns an error if EventBridge Scheduler may not send to a queue under a role.
func checkScheduleRole(system *template.System, role, group, queue string) error {
	for _, known := range system.ScheduleRoles {
		if known.ARN != role {
			continue
		}
		if !known.Trust.Allows(template.Account, group) {
			return fmt.Errorf("the execution role you provide must allow AWS EventBridge Scheduler to assume the role: the "+
				"trust policy of %s does not allow sts:AssumeRole to %s for %s", role, template.Scheduler, group)
		}
		err := known.Principal.Check(policy.Request{Action: "sqs:SendMessage", Resource: queue}, nil)
		if err != nil {
			return fmt.Errorf("the role may not send to the schedule's target: allow it in the role's policy: %w", err)
		}
		return nil
	}
	return fmt.Errorf("the role %q is not in the template: name one that EventBridge Scheduler may assume, and that may "+
		"send to %s", role, queue)
}

// runSchedule answers at schedulePath and sends the schedule's message.
func (r *runner) runSchedule(w http.ResponseWriter, request *http.Request) {
	found, err := r.scheduler.Run(request.Context(), request.PathValue("id"))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case !found:
		http.Error(w, "there is no schedule "+request.PathValue("id"), http.StatusNotFound)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (r *runner) closeSchedules() error {
	if r.schedules != nil {
		r.schedules.Close()
	}
	if r.scheduler == nil {
		return nil
	}
	return r.scheduler.Close()
}
