package scheduler_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"

	"github.com/annals-es/annals/local/scheduler"
)

func declared(id, expression, input string) scheduler.Declared {
	return scheduler.Declared{ID: id, Name: "n" + id, Definition: scheduler.Definition{
		GroupName: "g", ScheduleExpression: expression, FlexibleTimeWindow: scheduler.Window{Mode: "OFF"},
		Target: scheduler.Target{Arn: queue, RoleArn: role, Input: input},
	}}
}

// The template's schedules continue where they were, unless they have changed. Those that it has no more are gone.
func TestDeclared(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		rate, once := declared("R", "rate(1 hour)", "rate"), declared("O", "at(2000-01-01T00:01:00)", "once")
		r.crash(0, rate, once)
		r.after(5*time.Minute, "00:00:00.000 rate", "00:01:00.000 once")
		r.crash(0, rate, once)
		r.after(time.Hour, "01:00:00.000 rate")
		changed := declared("O", "at(2000-01-01T00:01:00)", "changed")
		r.crash(0, rate, changed)
		r.after(time.Minute, "01:05:00.000 changed")
		r.create("own", "at(2000-01-01T05:00:00)")
		r.crash(0, changed)
		r.after(24*time.Hour, "05:00:00.000 own")
		if got := r.names(); got != "nO own" {
			t.Errorf("schedules: %s, want those of the template and the one that was made", got)
		}
		for range 2 {
			if found, err := r.now.Run(t.Context(), "O"); !found || err != nil {
				t.Errorf("run a schedule of the template: %t, %v", found, err)
			}
		}
		if found, err := r.now.Run(t.Context(), ""); found || err != nil {
			t.Errorf("run a schedule without an id: %t, %v", found, err)
		}
		r.after(0, "01:06:00.000 changed", "01:06:00.000 changed")
	})
}

func TestDeclaredWrongly(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		good := declared("A", "rate(1 day)", "x")
		group, target := good, good
		group.GroupName, target.Target.Arn = "other", "arn:x"
		for _, test := range []struct {
			schedules []scheduler.Declared
			refuse    error
			want      string
		}{
			{[]scheduler.Declared{declared("A", "daily", "x")}, nil, "A: the schedule g/nA: "},
			{[]scheduler.Declared{good, good}, nil, "A: the template has two schedules g/nA"},
			{[]scheduler.Declared{group}, nil, "Schedule group other does not exist."},
			{[]scheduler.Declared{target}, nil, `The target "arn:x" is not a queue of the template`},
			{[]scheduler.Declared{declared("A", "rate(1 day)", "")}, nil, "Target.Input is empty"},
			{[]scheduler.Declared{good}, errors.New("the role is wrong"), "A: the schedule g/nA: ValidationException: the role"},
		} {
			r.refuse = test.refuse
			if err := r.tryOpen(test.schedules...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("open %v: %v, want an error with %s", test.schedules, err, test.want)
			}
		}
	})
}

// A schedule whose group, role or queue the template has no more is kept, but does not run until they are back.
func TestTemplateHasChanged(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.create("a", "at(2000-01-01T00:01:00)", func(in *api.CreateScheduleInput) { in.GroupName = aws.String("g") })
		r.groups = nil
		r.crash(time.Minute)
		r.after(time.Hour)
		if got := r.names(); got != "" {
			t.Errorf("schedules of a group that is gone: %s, want none", got)
		}
		r.groups, r.refuse = []string{"g"}, errors.New("the role may not")
		r.crash(0)
		r.after(time.Hour)
		r.refuse = nil
		r.crash(0)
		r.after(0, "02:01:00.000 a")
	})
}
