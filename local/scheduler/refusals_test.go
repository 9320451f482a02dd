package scheduler_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/annals-es/annals/local/scheduler"
)

func TestInvalid(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, func(_ *scheduler.Server, c *scheduler.Config) {
		c.CheckRole = func(r, group, target string) error {
			if r != role {
				return fmt.Errorf("role %s, group %s, queue %s", r, group, target)
			}
			return nil
		}
	})
	for name, test := range map[string]struct {
		change func(*api.CreateScheduleInput)
		want   string
	}{
		"expression": {
			func(in *api.CreateScheduleInput) { in.ScheduleExpression = aws.String("daily") },
			"Invalid Schedule Expression daily",
		},
		"time": {
			func(in *api.CreateScheduleInput) { in.ScheduleExpression = aws.String("at(noon)") },
			"Invalid Schedule Expression at(noon)",
		},
		"name": {
			func(in *api.CreateScheduleInput) { in.Name = aws.String("a b") },
			"Value 'a b' at 'name' failed",
		},
		"slash": {
			func(in *api.CreateScheduleInput) { in.Name = aws.String("a/b") },
			"Value 'a/b' at 'name' failed",
		},
		"long name": {
			func(in *api.CreateScheduleInput) { in.Name = aws.String(strings.Repeat("n", 65)) },
			"at 'name' failed",
		},
		"group": {
			func(in *api.CreateScheduleInput) { in.GroupName = aws.String("ä") },
			"Value 'ä' at 'groupName' failed",
		},
		"time zone": {
			func(in *api.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Mars/Base") },
			"Invalid ScheduleExpressionTimezone Mars/Base",
		},
		"own zone": {
			func(in *api.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Local") },
			"Invalid ScheduleExpressionTimezone Local",
		},
		"target": {
			func(in *api.CreateScheduleInput) { in.Target.Arn = aws.String("arn:x") },
			`The target "arn:x" is not a queue`,
		},
		"role": {
			func(in *api.CreateScheduleInput) { in.Target.RoleArn = aws.String("arn:r") },
			"role arn:r, group arn:aws:scheduler:us-east-1:000000000000:schedule-group/default, queue " + queue,
		},
		"no role": {
			func(in *api.CreateScheduleInput) { in.Target.RoleArn = aws.String("") },
			"Target.RoleArn is empty",
		},
		"no input": {func(in *api.CreateScheduleInput) { in.Target.Input = nil }, "Target.Input is empty"},
		"large input": {
			func(in *api.CreateScheduleInput) { in.Target.Input = aws.String(strings.Repeat("x", 256<<10+1)) },
			"Target.Input has 262145 bytes",
		},
		"state": {func(in *api.CreateScheduleInput) { in.State = "PAUSED" }, `State is "PAUSED"`},
		"action": {
			func(in *api.CreateScheduleInput) { in.ActionAfterCompletion = "KEEP" },
			`ActionAfterCompletion is "KEEP"`,
		},
		"mode": {
			func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.Mode = "WIDE" },
			`FlexibleTimeWindow.Mode is "WIDE"`,
		},
		"window": {
			func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.MaximumWindowInMinutes = aws.Int32(1) },
			"must not be provided",
		},
		"no window": {
			func(in *api.CreateScheduleInput) { in.FlexibleTimeWindow.Mode = "FLEXIBLE" },
			"MaximumWindowInMinutes is 0",
		},
		"dates": {func(in *api.CreateScheduleInput) {
			in.StartDate, in.EndDate = aws.Time(time.Unix(2, 0)), aws.Time(time.Unix(1, 0))
		}, "EndDate you specify must come after"},
		"FIFO": {func(in *api.CreateScheduleInput) {
			in.Target.SqsParameters = &types.SqsParameters{MessageGroupId: aws.String("m")}
		}, `not supported locally: json: unknown field "SqsParameters"`},
		"body": {
			func(in *api.CreateScheduleInput) { in.Target.Input = aws.String(strings.Repeat("x", 1<<20)) },
			"request body too large",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := creation("n", "rate(1 day)")
			test.change(in)
			_, err := client.CreateSchedule(t.Context(), in)
			fails(t, "create a schedule", err, "ValidationException", test.want)
			if _, ok := errors.AsType[*types.ValidationException](err); !ok {
				t.Errorf("the error is %T", err)
			}
			_, err = client.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
				Name: in.Name, GroupName: in.GroupName, ScheduleExpression: in.ScheduleExpression, State: in.State,
				ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, FlexibleTimeWindow: in.FlexibleTimeWindow,
				Target: in.Target, ActionAfterCompletion: in.ActionAfterCompletion, StartDate: in.StartDate, EndDate: in.EndDate,
			})
			fails(t, "update a schedule", err, "ValidationException", test.want)
		})
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	in := creation("n", "rate(1 day)")
	for _, test := range []struct {
		name, group string
		want        string
	}{
		{"n", "default", "Schedule n does not exist."}, {"n", "other", "Schedule group other does not exist."},
	} {
		name, group := &test.name, &test.group
		_, got := client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: name, GroupName: group})
		_, deleted := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: name, GroupName: group})
		_, updated := client.UpdateSchedule(t.Context(), &api.UpdateScheduleInput{
			Name: name, GroupName: group, ScheduleExpression: in.ScheduleExpression, FlexibleTimeWindow: in.FlexibleTimeWindow,
			Target: in.Target,
		})
		for what, err := range map[string]error{"get": got, "delete": deleted, "update": updated} {
			fails(t, what, err, "ResourceNotFoundException", test.want)
			if _, ok := errors.AsType[*types.ResourceNotFoundException](err); !ok {
				t.Errorf("the error is %T", err)
			}
		}
	}
	in.GroupName = aws.String("other")
	_, err := client.CreateSchedule(t.Context(), in)
	fails(t, "create", err, "ResourceNotFoundException", "Schedule group other does not exist.")
	_, err = client.ListSchedules(t.Context(), &api.ListSchedulesInput{GroupName: in.GroupName})
	fails(t, "list", err, "ResourceNotFoundException", "Schedule group other does not exist.")
	_, err = client.GetSchedule(t.Context(), &api.GetScheduleInput{Name: aws.String("a b")})
	fails(t, "get", err, "ValidationException", "at 'name' failed")
}

// A name is used once in a group. A request that is repeated with its token succeeds.
func TestConflict(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	in := creation("n", "at(2100-01-01T00:00:00)")
	in.ClientToken = aws.String("token")
	for range 2 {
		if made, err := client.CreateSchedule(t.Context(), in); err != nil || *made.ScheduleArn != prefix+"default/n" {
			t.Fatalf("create a schedule: %+v, %v", made, err)
		}
	}
	changed := creation("n", "at(2100-01-01T00:00:01)")
	changed.ClientToken = in.ClientToken
	again := creation("n", "at(2100-01-01T00:00:00)")
	for what, in := range map[string]*api.CreateScheduleInput{"with another token": again, "changed": changed} {
		_, err := client.CreateSchedule(t.Context(), in)
		fails(t, what, err, "ConflictException", "Schedule n already exists.")
		if _, ok := errors.AsType[*types.ConflictException](err); !ok {
			t.Errorf("the error is %T", err)
		}
	}
	again.GroupName = aws.String("g")
	if _, err := client.CreateSchedule(t.Context(), again); err != nil {
		t.Errorf("the same name in another group: %v", err)
	}
	if _, err := client.DeleteSchedule(t.Context(), &api.DeleteScheduleInput{Name: in.Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateSchedule(t.Context(), changed); err != nil {
		t.Errorf("create a schedule that was deleted: %v", err)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	client, _ := serve(t)
	_, err := client.CreateScheduleGroup(t.Context(), &api.CreateScheduleGroupInput{Name: aws.String("n")})
	fails(t, "create a group", err, "UnknownOperationException", "POST /schedule-groups/n is not supported locally: use ")
	address := *client.Options().BaseEndpoint
	for _, body := range []string{"", "{", `[]`, `{"ScheduleExpression":1}`} {
		answer, err := http.Post(address+"/schedules/n", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusBadRequest ||
			!strings.Contains(string(text), "not supported locally") {
			t.Errorf("body %q: status %d, %s, %v", body, answer.StatusCode, text, err)
		}
	}
}
