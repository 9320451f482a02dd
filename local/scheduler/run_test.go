package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

// A schedule for one time runs once, at that time in its time zone. A time in the past is now.
func TestOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		r.create("past", "at(1999-12-31T23:00:00)")
		r.after(0, "00:00:00.000 past")
		r.create("kept", "at(2000-01-01T00:10:00)")
		r.create("gone", "at(2000-01-01T00:00:30)", deleting)
		r.create("Berlin", "at(2000-01-01T01:05:00)", func(in *api.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("Europe/Berlin")
		})
		r.create("off", "at(2000-01-01T00:00:30)", func(in *api.CreateScheduleInput) {
			in.State = types.ScheduleStateDisabled
		})
		r.after(29*time.Second + 999*time.Millisecond)
		r.after(time.Millisecond, "00:00:30.000 gone")
		r.after(time.Hour, "00:05:00.000 Berlin", "00:10:00.000 kept")
		if got := r.names(); got != "Berlin kept off past" {
			r.t.Errorf("schedules: %s, want those that are not deleted after they ran", got)
		}
		r.crash(time.Hour)
		r.after(time.Hour)
	})
}

// Schedules that are due at once run in the order of their times.
func TestOrder(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		for _, second := range []string{"3", "1", "2"} {
			r.create(second, "at(2000-01-01T00:00:0"+second+")")
		}
		r.crash(time.Minute)
		r.after(0, "00:01:00.000 1", "00:01:00.000 2", "00:01:00.000 3")
	})
}

// A rate(…) runs when it is made, and then in steps from there.
func TestRate(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		time.Sleep(10 * time.Second)
		r.create("r", "rate(1 minute)")
		r.after(0, "00:00:10.000 r")
		r.after(2*time.Minute, "00:01:10.000 r", "00:02:10.000 r")
		r.create("s", "rate(1 hour)", func(in *api.CreateScheduleInput) {
			in.StartDate = aws.Time(time.Date(2000, 1, 1, 0, 2, 30, 0, time.UTC))
			in.EndDate = aws.Time(time.Date(2000, 1, 1, 1, 2, 30, 0, time.UTC))
			in.ActionAfterCompletion = types.ActionAfterCompletionDelete
		})
		r.after(40*time.Second, "00:02:30.000 s")
		if _, err := r.DeleteSchedule(r.t.Context(), &api.DeleteScheduleInput{Name: aws.String("r")}); err != nil {
			r.t.Fatal(err)
		}
		r.after(24*time.Hour, "01:02:30.000 s")
		if got := r.names(); got != "" {
			r.t.Errorf("schedules at the end: %s, want none", got)
		}
	})
}

func TestCron(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		r.create("c", "cron(0 9 ? * MON-FRI 2000)", func(in *api.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("America/New_York")
			in.StartDate = aws.Time(time.Date(2000, 1, 4, 14, 0, 0, 0, time.UTC))
			in.EndDate = aws.Time(time.Date(2000, 1, 6, 13, 0, 0, 0, time.UTC))
		})
		r.after(3*24*time.Hour + 13*time.Hour)
		r.after(7*24*time.Hour, "14:00:00.000 c", "14:00:00.000 c") // Tuesday and Wednesday
		if got := r.names(); got != "c" {
			r.t.Errorf("schedules at the end: %s, want c", got)
		}
	})
}

// Of the times that a recurring schedule missed, the latest alone is made good.
func TestMissed(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		at := func(in *api.CreateScheduleInput) {
			in.Target.Input = aws.String(*in.Name + " <aws.scheduler.scheduled-time>")
		}
		r.create("rate", "rate(10 minutes)", at)
		r.create("cron", "cron(0 * ? * * *)", at)
		r.create("once", "at(2000-01-01T00:07:00)", at)
		r.after(0, "00:00:00.000 rate 2000-01-01T00:00:00Z")
		r.crash(3*time.Hour + 25*time.Minute)
		r.after(0, "03:25:00.000 once 2000-01-01T00:07:00Z", "03:25:00.000 cron 2000-01-01T03:00:00Z",
			"03:25:00.000 rate 2000-01-01T03:20:00Z")
		r.crash(0)
		r.after(6*time.Minute, "03:30:00.000 rate 2000-01-01T03:30:00Z")
	})
}

// A schedule that was changed runs as it is now, even if it had completed.
func TestUpdate(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		update := func(expression string) {
			t.Helper()
			in := creation("u", expression)
			if _, err := r.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
				Name: in.Name, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow,
				Target: in.Target,
			}); err != nil {
				t.Fatal(err)
			}
		}
		r.create("u", "at(2000-01-01T00:01:00)")
		update("at(2000-01-01T00:00:30)")
		r.after(10*time.Minute, "00:00:30.000 u")
		update("at(2000-01-01T00:20:00)")
		r.after(time.Hour, "00:20:00.000 u")
		update("rate(1 hour)")
		r.after(time.Hour, "02:00:00.000 u")
		got, err := r.GetSchedule(t.Context(), &api.GetScheduleInput{Name: aws.String("u")})
		if err != nil || got.CreationDate.Minute() != 0 || got.LastModificationDate.UTC().Format("15:04") != "01:10" {
			t.Errorf("the schedule: %+v, %v, want it created at 0:00, modified at 1:10", got, err)
		}
	})
}

// A message that cannot be sent is sent again, more and more rarely. A restart does not lose it.
func TestSendingFails(t *testing.T) {
	t.Parallel()
	bubble(t, func(_ *testing.T, r *rig) {
		r.queue.failures = 3
		r.create("f", "at(2000-01-01T00:00:00)", deleting, func(in *api.CreateScheduleInput) {
			in.Target.Input = aws.String("<aws.scheduler.attempt-number> <aws.scheduler.scheduled-time>")
		})
		r.after(time.Minute, "00:00:07.000 4 2000-01-01T00:00:00Z")
		r.queue.failures = 1000
		r.create("g", "at(2000-01-01T00:00:00)")
		r.after(time.Hour)
		if left := r.queue.failures; left < 1000-7-60 || left > 1000-60 {
			r.t.Errorf("%d attempts in an hour, want one a minute at the end", 1000-left)
		}
		r.queue.failures = 0
		r.crash(0)
		r.after(0, "01:01:00.000 g")
	})
}

func TestContextAttributes(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, r *rig) {
		r.create("a", "at(2000-01-01T00:00:00)", func(in *api.CreateScheduleInput) {
			in.GroupName = aws.String("g")
			in.Target.Input = aws.String(`{"arn":"<aws.scheduler.schedule-arn>","id":"<aws.scheduler.execution-id>",` +
				`"at":"<aws.scheduler.scheduled-time>","other":"<aws.scheduler.x>"}`)
		})
		time.Sleep(time.Second)
		got := r.queue.take()
		before, rest, _ := strings.Cut(got, `"id":"`)
		id, rest, _ := strings.Cut(rest, `"`)
		if before != `00:00:00.000 {"arn":"`+prefix+`g/a",` || len(id) != 36 ||
			rest != `,"at":"2000-01-01T00:00:00Z","other":"<aws.scheduler.x>"}` {
			t.Errorf("message: %s", got)
		}
	})
}
